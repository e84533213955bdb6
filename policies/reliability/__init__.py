"""What fails is noticed, bounded and mended."""
