"""Settings that are chosen from the data before a run, each with its reason (tag2mask plan)."""
