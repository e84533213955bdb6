"""What goes wrong, for people to read."""

from __future__ import annotations


class MonitoringError(Exception):
    """One line that says what is wrong; no traceback is shown."""
