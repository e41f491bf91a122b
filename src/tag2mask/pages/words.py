"""Numbers in words: scores, durations, and the protocol behind a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tag2mask.core.wording import counted
from tag2mask.run_folder.records import Figure

SUBJECTS = {"maps": "Class maps", "pseudo_masks": "Pseudo masks",
            "pseudo_masks_decided": "Pseudo masks, decided pixels only", "network": "Network",
            "network_tags": "Network, tags given",
            "network_bound": "Bound: the network trained on true masks"}
BOUND = "network_bound"
"""`what` of the figures of a network trained on true masks."""
SPLITS = {"train": "training photos", "val": "held-out photos", "test": "test photos"}
count = counted
"""See `counted`."""
_TAGS = {"given": "tags of each photo known", "predicted": "tags of each photo not known"}


def number(value: object) -> float | None:
    """Parse a number, as from CSV; None for None, "", NaN, infinity and anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except ValueError:
        return None
    return result if math.isfinite(result) else None


def score(value: object) -> str:
    """Format a share in [0, 1] as a score out of 100 with one decimal; a dash if unknown."""
    known = number(value)
    return "—" if known is None else f"{100 * known:.1f}"


def duration(seconds: object) -> str:
    """Format a duration: "8 s", "5 min 12 s", "33 min", "1 h 40 min"."""
    known = number(seconds)
    if known is None:
        return "—"
    if known < 9.95:
        return f"{known:.1f} s"
    whole = round(known)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(known / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def memory(megabytes: object) -> str:
    """Format an amount of memory: "840 MB", "2.1 GB"."""
    known = number(megabytes)
    if known is None:
        return "—"
    return f"{known:.0f} MB" if known < 1000 else f"{known / 1000:.1f} GB"


def join(parts: Sequence[str]) -> str:
    """Join a list: "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def protocol(figure: Figure) -> list[str]:
    """Describe the protocol of a figure in short phrases; unknown parts are left out."""
    if figure.what == BOUND:
        return ["trained on true masks", *filter(None, (
            _TAGS.get(figure.tags, ""), _scales(figure), _pretraining(figure.pretraining),
            f"seed {figure.seed}"))]
    phrases = [_threshold(figure), _TAGS.get(figure.tags, ""), _maps(figure), _scales(figure),
               _sharpening(figure), "CRF" if figure.crf else "no CRF",
               _pretraining(figure.pretraining), _help(figure), figure.annotations or "",
               f"seed {figure.seed}"]
    return [phrase for phrase in phrases if phrase]


def common_protocol(figures: Sequence[Figure]) -> list[str]:
    """Return the phrases that all figures have in common, in the order of the first figure.

    The bound does not count: it has no maps.
    """
    all_phrases = [protocol(figure) for figure in figures if figure.what != BOUND]
    first = all_phrases[0] if all_phrases else []
    return [phrase for phrase in first if all(phrase in phrases for phrases in all_phrases)]


def _threshold(figure: Figure) -> str:
    place = figure.threshold
    if figure.oracle:
        return f"threshold {place:.2f} picked with these very masks" if place is not None else (
            "tuned with these very masks")
    return f"threshold {place:.2f}, chosen without masks" if place is not None else ""


def _maps(figure: Figure) -> str:
    if not figure.method:
        return ""
    names = figure.strategy
    trained = f" of a classifier trained by {join(names)}" if names else ""
    what = "weighed maps" if figure.weighed else "maps"
    return f"{what} by {figure.method}{trained}".replace("_", " ")


def _scales(figure: Figure) -> str:
    scales = [f"{value:g}" for value in figure.scales]
    if not scales:
        return ""
    flip = ", mirrored too" if figure.flip else ""
    return f"{'scale' if len(scales) == 1 else 'scales'} {join(scales)}{flip}"


def _sharpening(figure: Figure) -> str:
    names = [step.replace("_", " ") for step in figure.sharpening if step != "none"]
    return f"sharpened by {join(names)}" if names else "not sharpened"


def _pretraining(source: str) -> str:
    if source.startswith("none"):
        return "trained from scratch"
    return f"pretrained on {source}" if source else ""


def _help(figure: Figure) -> str:
    aids = figure.outside_help
    return f"outside help: {join(aids)}" if aids else "no outside help"
