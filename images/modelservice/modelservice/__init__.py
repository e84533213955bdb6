"""The controller of the kind ModelService: replicas, canaries and routes of every team's models."""
