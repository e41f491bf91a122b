"""Choose the photos whose annotation helps most."""
