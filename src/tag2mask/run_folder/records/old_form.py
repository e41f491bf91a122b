"""Files of version 0.1: what they lack is filled in here, explicitly, and nowhere else."""

from __future__ import annotations

_FIGURE = {"strategy": [], "method": "", "outside_help": []}
"""Parts of the protocol that early figures do not state."""

_METRICS: dict[str, object] = {
    "curves": {}, "confusion": {}, "agreement": {}, "trust": {}, "tags": None, "choice": None,
    "stages": {}, "warnings": [], "command": "",
}


def old_metrics(content: dict[str, object]) -> dict[str, object]:
    """Complete a metrics.json."""
    figures = content.get("figures")
    if isinstance(figures, list):
        figures = [_FIGURE | figure if isinstance(figure, dict) else figure for figure in figures]
    return {**_METRICS, **content, "figures": figures}


def old_record(content: dict[str, object]) -> dict[str, object]:
    """Complete the record of a stage."""
    about = content.get("about")
    if isinstance(about, dict) and "model" in about:  # of segment
        about = {"encoder_pretraining": "", **about}
    return {**content, "about": about}
