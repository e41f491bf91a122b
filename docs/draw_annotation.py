"""Draw mIoU against minutes of annotation, for annotation.md: `python docs/draw_annotation.py CSV`.

CSV is the file `curve.csv` that `benchmarks/annotation.py` writes. This needs
`pip install -e '.[docs]'`.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update({
    "svg.hashsalt": "tag2mask", "svg.fonttype": "none", "font.size": 10,
    "axes.spines.top": False, "axes.spines.right": False,
})

from matplotlib import pyplot as plt  # noqa: E402  (after the choice of the back end)
from matplotlib.axes import Axes  # noqa: E402

HERE = Path(__file__).parent
INK, QUIET, DOT, BOUND = "#222222", "#8a939c", "#2a7f8e", "#c05a1c"
BOUND_WORDS = "bound"
"""Part of the name of the row with all true masks."""


@dataclass(frozen=True)
class Kind:
    """One kind of annotation over all seeds."""

    name: str
    minutes: float
    scores: tuple[float, ...]
    """Percent, one per seed."""

    @property
    def mean(self) -> float:
        """The mean over the seeds."""
        return fmean(self.scores)


def read_kinds(path: Path) -> list[Kind]:
    """Read the rows of the benchmark, grouped by kind."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kinds = []
    for name in dict.fromkeys(row["row"] for row in rows):
        own = [row for row in rows if row["row"] == name]
        kinds.append(Kind(name, fmean(float(row["minutes"]) for row in own),
                          tuple(100 * float(row["network_val"]) for row in own)))
    return kinds


def draw(kinds: Sequence[Kind], axes: Axes) -> None:
    """Draw one dot per kind with the range over the seeds, and levels for tags and the bound."""
    for kind in kinds:
        bound = BOUND_WORDS in kind.name
        colour = BOUND if bound else DOT
        axes.plot([kind.minutes] * 2, [min(kind.scores), max(kind.scores)], color=colour,
                  linewidth=2, alpha=0.45, solid_capstyle="round")
        axes.plot(kind.minutes, kind.mean, "o", color=colour, markersize=7)
        if bound or not kind.minutes:
            axes.axhline(kind.mean, color=QUIET, linewidth=0.8, linestyle=(0, (4, 4)), zorder=0)
    _name(kinds, axes)
    axes.set_xscale("symlog", linthresh=5, linscale=0.7)
    most = 1.6 * max(kind.minutes for kind in kinds)
    ticks = [tick for tick in (0, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if tick < most]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xlim(-0.4, most)
    axes.set_xlabel("minutes of annotation in addition to the tags", color=INK)
    axes.set_ylabel("network, val mIoU (%)", color=INK)
    axes.grid(axis="y", color="#e6e9ec", linewidth=0.8)
    axes.set_axisbelow(True)


def _name(kinds: Sequence[Kind], axes: Axes) -> None:
    """Write the names beside the dots, below them where one is close above."""
    last = max(kind.minutes for kind in kinds)
    for kind in kinds:
        left = kind.minutes > last / 2
        above = any(
            other is not kind and abs(other.minutes - kind.minutes) <= 0.25 * kind.minutes + 0.5
            and 0 <= other.mean - kind.mean < 1.5 for other in kinds
        )
        axes.annotate(
            kind.name, (kind.minutes, kind.mean), textcoords="offset points", color=INK,
            xytext=(-7 if left else 7, -11 if above else 4), ha="right" if left else "left",
            fontsize=9,
        )


def main() -> None:
    """Write `docs/annotation_curve.svg`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv", type=Path)
    parser.add_argument("--out", type=Path, default=HERE / "annotation_curve.svg")
    asked = parser.parse_args()
    figure, axes = plt.subplots(figsize=(7.6, 4.4), facecolor="white")
    draw(read_kinds(asked.csv), axes)
    figure.tight_layout()
    figure.savefig(asked.out, metadata={"Date": None})


if __name__ == "__main__":
    main()
