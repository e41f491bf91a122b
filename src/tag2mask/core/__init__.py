"""What everything else is built on: contracts, files, settings, progress, registries."""
