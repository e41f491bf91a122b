"""Modules that take the place of other packages: the same names and calls, over this project's."""
