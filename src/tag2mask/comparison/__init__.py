"""What lies beyond one run: recipes side by side, and what is odd about the data."""
