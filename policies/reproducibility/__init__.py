"""The same stack is the same tomorrow."""
