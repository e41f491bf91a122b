"""Drop-in replacements for other packages, implemented with the functions of this project."""
