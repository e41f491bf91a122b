"""Draw the cost of every stage over photos, classes and sizes, for growth.md.

`python docs/draw_growth.py RESULTS`, where RESULTS is the file `results.jsonl` that
`benchmarks/growth.py` writes. This needs `pip install -e '.[docs]'`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams.update({
    "svg.hashsalt": "tag2mask", "svg.fonttype": "none", "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False,
})

from matplotlib import pyplot as plt  # noqa: E402  (after the choice of the back end)
from matplotlib.axes import Axes  # noqa: E402

HERE = Path(__file__).parent
COLOURS = {"classify": "#2a7f8e", "activate": "#c05a1c", "sharpen": "#7a4f9a",
           "segment": "#3d7a2f", "evaluate": "#8a6d1d"}
"""The stages that take most of the time."""

Row = dict[str, dict[str, float]]


def draw(axes: Axes, name: str, values: Sequence[int], rows: Sequence[Row], what: str) -> None:
    """Draw one kind of cost of all stages, both axes logarithmic."""
    for stage, colour in COLOURS.items():
        axes.plot(values, [row[what][stage] for row in rows], "o-", color=colour, ms=3, lw=1.4,
                  label=stage)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(values, [str(value) for value in values])
    axes.minorticks_off()
    axes.set_xlabel(name)


def main() -> None:
    """Write `growth.svg`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    lines = parser.parse_args().results.read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    names = list(dict.fromkeys(row["axis"] for row in found))
    figure, grid = plt.subplots(2, len(names), figsize=(2.6 * len(names), 4.6), sharey="row",
                                squeeze=False, layout="constrained")
    for column, name in enumerate(names):
        rows = sorted((row for row in found if row["axis"] == name), key=lambda row: row["value"])
        values = [row["value"] for row in rows]
        for line, what in enumerate(("cpu", "memory")):
            draw(grid[line, column], name, values, rows, what)
    grid[0, 0].set_ylabel("CPU seconds")
    grid[1, 0].set_ylabel("peak memory, MiB")
    grid[0, 0].legend(fontsize=7, frameon=False)
    figure.savefig(HERE / "growth.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
