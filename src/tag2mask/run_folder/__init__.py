"""The run folder: the only place where its files and their formats are known."""
