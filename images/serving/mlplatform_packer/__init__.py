"""Packs a model as a layer on the golden serving image and says so to its ModelService. Runs no code of the model."""
