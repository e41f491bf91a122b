"""A trained network on new photos, and explanations of a classifier."""
