"""Teams stay apart."""
