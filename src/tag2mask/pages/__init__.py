"""Shared parts of all HTML pages: templates, style sheet, words and SVG shapes."""
