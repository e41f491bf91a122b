"""Numbers in words: scores, durations, and the protocol behind a figure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Figure = Mapping[str, Any]
"""One entry of "figures" in metrics.json."""

SUBJECTS = {"maps": "Class maps", "pseudo_masks": "Pseudo masks",
            "pseudo_masks_decided": "Pseudo masks, decided pixels only", "network": "Network"}
SPLITS = {"train": "training photos", "val": "held-out photos", "test": "test photos"}


def number(value: object) -> float | None:
    """Read a number from JSON or CSV; None for null, "", nan, infinity and anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except ValueError:
        return None
    return result if math.isfinite(result) else None


def score(value: object) -> str:
    """Write a share in [0, 1] as a score out of 100 with one decimal; a dash if unknown."""
    known = number(value)
    return "—" if known is None else f"{100 * known:.1f}"


def duration(seconds: object) -> str:
    """Write a duration: "8 s", "5 min 12 s", "33 min", "1 h 40 min"."""
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
    """Write an amount of memory: "840 MB", "2.1 GB"."""
    known = number(megabytes)
    if known is None:
        return "—"
    return f"{known:.0f} MB" if known < 1000 else f"{known / 1000:.1f} GB"


def count(amount: int, noun: str) -> str:
    """Write "1 photo", "1,200 photos", "20 classes"."""
    ending = "" if amount == 1 else "es" if noun.endswith("s") else "s"
    return f"{amount:,} {noun}{ending}"


def join(parts: Sequence[str]) -> str:
    """Write "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def protocol(figure: Figure) -> list[str]:
    """Describe the protocol of a figure in short phrases; unknown parts are left out."""
    phrases = [_threshold(figure), _tags(figure), _reading(figure), _scales(figure),
               _sharpening(figure),
               _either(figure, "crf", "CRF", "no CRF"), _pretraining(figure), _help(figure),
               str(figure.get("annotations") or ""),
               f"seed {figure['seed']}" if figure.get("seed") is not None else ""]
    return [phrase for phrase in phrases if phrase]


def common_protocol(figures: Sequence[Figure]) -> list[str]:
    """The phrases that hold for every one of the figures, in the order of the first."""
    all_phrases = [protocol(figure) for figure in figures]
    first = all_phrases[0] if all_phrases else []
    return [phrase for phrase in first if all(phrase in phrases for phrases in all_phrases)]


def _threshold(figure: Figure) -> str:
    place = number(figure.get("threshold"))
    if figure.get("oracle"):
        return f"threshold {place:.2f} picked with these very masks" if place is not None else (
            "tuned with these very masks")
    return f"threshold {place:.2f}, chosen without masks" if place is not None else ""


def _tags(figure: Figure) -> str:
    known = {"given": "tags of each photo known", "predicted": "tags of each photo not known"}
    return known.get(str(figure.get("tags")), "")


def _reading(figure: Figure) -> str:
    method, strategy = figure.get("method"), figure.get("strategy")
    trained = f" of a classifier trained by {join([str(s) for s in strategy])}" if strategy else ""
    return f"maps by {method}{trained}".replace("_", " ") if method else ""


def _scales(figure: Figure) -> str:
    scales = [f"{value:g}" for value in map(number, figure.get("scales") or ()) if value]
    if not scales:
        return ""
    flip = ", mirrored too" if figure.get("flip") else ""
    return f"{'scale' if len(scales) == 1 else 'scales'} {join(scales)}{flip}"


def _sharpening(figure: Figure) -> str:
    steps = figure.get("sharpening")
    if steps is None:
        return ""
    names = [str(step).replace("_", " ") for step in steps if step != "none"]
    return f"sharpened by {join(names)}" if names else "not sharpened"


def _either(figure: Figure, key: str, yes: str, no: str) -> str:
    value = figure.get(key)
    return "" if value is None else yes if value else no


def _pretraining(figure: Figure) -> str:
    source = str(figure.get("pretraining") or "")
    if source.startswith("none"):
        return "trained from scratch"
    return f"pretrained on {source}" if source else ""


def _help(figure: Figure) -> str:
    aids = figure.get("outside_help")
    if aids is None:
        return ""
    return f"outside help: {join([str(aid) for aid in aids])}" if aids else "no outside help"
