"""Finds the articles of a reference that belong to a text: words and sentences, mixed as tuning found best."""
