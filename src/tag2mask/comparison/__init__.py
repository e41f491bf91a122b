"""Recipes side by side under one protocol: `tag2mask compare`."""
