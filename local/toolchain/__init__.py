"""The tools that the project brings along: Go programs, the Pulumi engine, its plugins and their environment."""

from local.toolchain.setup import ensure, environment

__all__ = ["ensure", "environment"]
