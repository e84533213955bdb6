"""A real Chromium for tests: found or made, driven, and looked at when something doesn't come."""
