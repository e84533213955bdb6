"""Waiting until objects are ready, or gone: what that means for each kind, and why one isn't."""
