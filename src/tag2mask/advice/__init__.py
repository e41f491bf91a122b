"""Where the next minute of annotation helps most."""
