"""Image-guided filters as pure functions, used by sharpeners and losses."""
