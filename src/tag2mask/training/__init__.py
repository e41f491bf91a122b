"""A training loop, its checkpoints, and the device it runs on; it knows no model."""
