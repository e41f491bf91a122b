"""Foundations of all other packages: contracts, files, settings, progress, registries."""
