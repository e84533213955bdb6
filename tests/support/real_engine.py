"""The real Pulumi engine, for tests that need it."""

from __future__ import annotations

import pytest

from local.toolchain import engine


def require() -> engine.Engine:
    """The engine; where it isn't there, the test is left to `make e2e`, which brings it."""
    if (found := engine.locate()) is None:
        pytest.skip("the Pulumi engine isn't there yet: `make up` builds it, and `make e2e` runs this test after it")
    return found
