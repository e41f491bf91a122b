"""The files of a run folder and their formats, defined only here."""
