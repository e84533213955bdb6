"""A team's features: the registry that all teams share, the server that answers with them, the work on them."""
