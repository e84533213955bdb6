"""Serves the model that is packed at /opt/model over HTTP (README.md)."""
