"""Overlays of masks and maps on photos, class colours and lettering."""
