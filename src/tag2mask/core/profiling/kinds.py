"""The kinds of work that a profile distinguishes."""

from __future__ import annotations

READ, PREPARE, FORWARD, BACKWARD, OPTIMISE = "read", "prepare", "forward", "backward", "optimise"
VALIDATE, PREDICT, EXPORT, MAPS, CHOOSE = "validate", "predict", "export", "maps", "choose"
CRF, DECIDE, SCORE, COMPILE, LOAD = "crf", "decide", "score", "compile", "load"
WRITE, WAIT = "write", "wait"

KINDS = {
    READ: "reading photos",
    PREPARE: "cropping and resizing",
    FORWARD: "training, forward",
    BACKWARD: "training, backward",
    OPTIMISE: "optimiser",
    VALIDATE: "validation",
    PREDICT: "prediction",
    EXPORT: "exporting the network",
    MAPS: "reading maps",
    CHOOSE: "choosing settings",
    CRF: "CRF and other sharpening",
    DECIDE: "deciding masks",
    SCORE: "scoring",
    COMPILE: "compiling",
    LOAD: "loading code and weights",
    WRITE: "writing files",
    WAIT: "waiting for other threads",
}
"""The name of each kind in words, in the order of the page."""
