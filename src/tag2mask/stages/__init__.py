"""The stages, in the order in which the data goes through them; told here and nowhere else.

`run`, `--help` and the README's table are made from it. Importing it costs nothing: each stage's
module is loaded when the stage is started.
"""

from __future__ import annotations

STAGES: tuple[tuple[str, str], ...] = (
    ("classify", "Train a classifier on the tags."),
    ("activate", "Read one activation map per tag out of the classifier."),
    ("sharpen", "Make the maps follow the edges of the photo."),
    ("label", "Turn the maps into pseudo masks, unsure pixels left open."),
    ("segment", "Train a segmentation network on the pseudo masks."),
    ("evaluate", "Score maps, pseudo masks and network where true masks exist."),
    ("report", "Write the page that a person reads."),
)
