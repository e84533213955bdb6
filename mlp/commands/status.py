def run() -> None:
    """Soon."""
