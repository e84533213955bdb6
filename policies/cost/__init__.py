"""What runs says what it takes, and ends."""
