"""Training loop, checkpoints, losses, and the training of the segmentation networks."""
