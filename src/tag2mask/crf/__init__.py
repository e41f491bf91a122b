"""Image-guided filters as pure functions: sharpeners and losses stand on them."""
