"""The network beside its bound: the same network trained on true masks, which is an oracle."""

from __future__ import annotations

from tag2mask.pages import words
from tag2mask.run_folder.records import Figure, Metrics
from tag2mask.stages.report import findings

_FAR = 0.85
"""Share of its bound below which a network is far from it."""
_LOW = 0.5
"""mIoU of a bound below which the training itself is the limit."""


def pair(metrics: Metrics) -> tuple[Figure, float] | None:
    """Return the network's figure on held-out photos, and its bound there; None without both."""
    network = findings.find(metrics, "network", findings.HELD_OUT)
    if network is None:
        return None
    bounds = (figure.miou for figure in metrics.figures
              if (figure.what, figure.split) == (words.BOUND, network.split))
    bound = next((miou for miou in bounds if miou is not None), None)
    return None if bound is None else (network, bound)


def of_bound(metrics: Metrics) -> str:
    """Write the bound behind the network's score, as in "of 59.6"; "" without a bound."""
    found = pair(metrics)
    return f"of {words.score(found[1])}" if found else ""


def tile(metrics: Metrics) -> list[tuple[str, str]]:
    """Return the network's score and its bound as a tile, as (number, meaning)."""
    if (found := pair(metrics)) is None:
        return []
    network, bound = found
    return [(f"{words.score(network.miou)} of {words.score(bound)}",
             "the network, and its bound: the same network trained on true masks (oracle)")]


def sentence(metrics: Metrics) -> str:
    """Say in one sentence whether the pseudo masks or the training limit the network."""
    if (found := pair(metrics)) is None or found[0].miou is None:
        return ""
    miou, bound = found[0].miou, found[1]
    scores = (f"The network reaches {words.score(miou)} of {words.score(bound)}, its bound: what "
              "the same network reaches when it is trained on true masks")
    if miou < _FAR * bound:
        return f"{scores}; it is far below, so better pseudo masks would help most."
    if bound < _LOW:
        return (f"{scores}; the bound itself is low, so more photos, a longer training or another "
                "network would help most.")
    return f"{scores}."
