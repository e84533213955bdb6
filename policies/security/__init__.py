"""Nobody gets more than they need, and secrets stay secret."""
