"""Complete files of version 0.1; the only place that fills in missing fields."""

from __future__ import annotations

_FIGURE = {"strategy": [], "method": "", "outside_help": []}
"""Parts of the protocol that figures of version 0.1 lack."""

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
    if isinstance(about, dict) and "model" in about:  # of the stage segment
        about = {"encoder_pretraining": "", **about}
    return {**content, "about": about}
