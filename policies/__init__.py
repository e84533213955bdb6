"""What is allowed: one rule a file, grouped by area, and the pack that Pulumi runs at every preview and up."""
