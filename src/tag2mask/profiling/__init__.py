"""Profiles of runs: measuring the stages, and the page that shows the result."""
