"""What a team has in the shared tools: a database, a bucket, an MLflow workspace and a git repository.

Each tool has a module that gives, ends and purges; `python -m tenancy` runs one of them, or the controller over all.
"""
