"""Recommends the next keywords (here: movies) to a user from what they used before."""
