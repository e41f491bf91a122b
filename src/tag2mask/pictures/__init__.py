"""What a person gets to see: pictures of masks and maps, figures, and the report page."""
