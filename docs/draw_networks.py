"""Draw how resolution flows through the networks, for networks.md: `python docs/draw_networks.py`.

This needs `pip install -e '.[docs]'`.

With `--fields runs/resolution`, what `benchmarks/resolution.py` left there, the effective receptive
fields are drawn as well.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "tag2mask", "font.size": 9})

from matplotlib import pyplot as plt  # noqa: E402  (after the choice of the back end)
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.patches import FancyBboxPatch, Rectangle  # noqa: E402

HERE = Path(__file__).parent
STRIDES = (1, 2, 4, 8, 16, 32)
DENSE, LINE, SWITCH, WORDS = "#2a7f8e", "#5b6570", "#c05a1c", "#222222"
ACROSS = 20.5
"""Width of every chart, in features."""
Place = tuple[float, int]


@dataclass
class Chart:
    """One network: across, its depth; down, its stride."""

    axes: Axes
    title: str
    places: list[Place] = field(default_factory=list)

    def block(self, place: Place, words: str = "", *, sparse: bool = False) -> Place:
        """Draw a feature; a sparse one has a value in one cell of four."""
        x, row = place
        self.axes.add_patch(FancyBboxPatch(
            (x - 0.3, row - 0.3), 0.6, 0.6, boxstyle="round,pad=0,rounding_size=0.12", zorder=3,
            facecolor="white" if sparse else DENSE, edgecolor=DENSE,
        ))
        if sparse:
            self.axes.add_patch(Rectangle((x, row), 0.2, 0.2, zorder=4, color=DENSE))
        self.axes.text(x, row, words, ha="center", va="center", color="white", zorder=4,
                       fontsize=8, fontweight="bold")
        self.places.append(place)
        return place

    def line(self, start: Place, stop: Place, *, colour: str = LINE, dashed: bool = False) -> None:
        """Lead from one feature to another."""
        self.axes.annotate(
            "", stop, start, zorder=2,
            arrowprops={"arrowstyle": "-|>", "color": colour, "shrinkA": 8, "shrinkB": 9,
                        "lw": 1.1, "linestyle": "--" if dashed else "-", "mutation_scale": 8},
        )

    def chain(self, places: Sequence[Place], words: str = "") -> Place:
        """Draw features one after the other; return the last."""
        for before, place in zip([None, *places], places, strict=False):
            self.block(place, words)
            if before:
                self.line(before, place)
        return places[-1]

    def finish(self) -> None:
        """Fit the axes around what was drawn."""
        rows = [row for _, row in self.places]
        self.axes.set_xlim(-0.8, ACROSS)
        self.axes.set_ylim(max(rows) + 0.6, min(rows) - 0.6)
        self.axes.set_yticks(range(min(rows), max(rows) + 1),
                             [f"stride {STRIDES[r]}" for r in range(min(rows), max(rows) + 1)])
        self.axes.set_xticks([])
        self.axes.tick_params(length=0, labelcolor=WORDS)
        self.axes.set_title(self.title, loc="left", fontsize=10, color=WORDS)
        self.axes.spines[:].set_visible(False)
        self.axes.grid(axis="y", color="#e6e9ec", lw=6, zorder=0)
        self.axes.set_axisbelow(True)


def encoder(chart: Chart, stages: int = 5) -> list[Place]:
    """Draw VGG's stages; return the last feature of each."""
    ends, x = [], 0.0
    for row in range(stages):
        end = chart.chain([(x, row), (x + 1, row)])
        if ends:
            chart.line(ends[-1], (x, row))
        ends.append(end)
        x += 2
    return ends


def to_the_bottom(chart: Chart) -> tuple[list[Place], Place]:
    """Draw all of VGG; return the last feature of each stage, and the pooled one below them."""
    ends = encoder(chart)
    bottom = chart.block((ends[-1][0] + 1, 5))
    chart.line(ends[-1], bottom)
    return ends, bottom


def mirrored(chart: Chart) -> None:
    """SegNet and DeconvNet: what was pooled is put back to its place, and the rest filled in."""
    ends, before = to_the_bottom(chart)
    x = before[0]
    for end in reversed(ends):
        x += 1
        unpooled = chart.block((x, end[1]), sparse=True)
        chart.line(before, unpooled)
        chart.line(end, unpooled, colour=SWITCH, dashed=True)
        x += 1
        before = chart.block((x, end[1]))
        chart.line(unpooled, before)


def joined(chart: Chart) -> None:
    """U-Net: every resolution of the encoder meets the decoder's."""
    ends, before = to_the_bottom(chart)
    x = before[0]
    for end in reversed(ends):
        x += 1
        place = chart.chain([(x, end[1]), (x + 1, end[1])])
        chart.line(before, (x, end[1]))
        chart.line(end, (x, end[1]))
        before, x = place, x + 1


def pooled(chart: Chart) -> None:
    """FCN-32s: one coarse answer."""
    to_the_bottom(chart)


def dilated(chart: Chart) -> None:
    """The last poolings left out; the layers after them look further apart."""
    ends = encoder(chart, stages=4)
    x = ends[-1][0]
    chart.chain([(x + 1, 3), (x + 2, 3)], "2")
    chart.line(ends[-1], (x + 1, 3))
    chart.block((x + 3, 3), "12")
    chart.line((x + 2, 3), (x + 3, 3))


def parallel(chart: Chart) -> None:
    """HRNet: streams side by side, fused into each other again and again."""
    stem = chart.block((0, 1))
    streams = [chart.chain([(1, 2), (2, 2)])]
    chart.line(stem, (1, 2))
    x = 2.0
    for count in (2, 3, 3, 4, 4):
        x += 1.5
        fresh = [chart.block((x, 2 + row)) for row in range(count)]
        fuse(chart, streams, fresh)
        streams = [chart.block((x + 1, row)) for _, row in fresh]
        for before, after in zip(fresh, streams, strict=True):
            chart.line(before, after)
        x += 1
    fused = [chart.block((x + 1.5, row)) for _, row in streams]
    fuse(chart, streams, fused)
    fuse(chart, fused, [chart.block((x + 3, 2))])


def fuse(chart: Chart, streams: list[Place], into: list[Place]) -> None:
    """Lead every stream into every other."""
    for start in streams:
        for stop in into:
            chart.line(start, stop)


def draw(name: str, parts: Sequence[tuple[str, Callable[[Chart], None]]], height: float) -> None:
    """Write one figure of several networks, one below the other."""
    figure, rows = plt.subplots(len(parts), 1, figsize=(8.4, height), squeeze=False)
    for axes, (title, fill) in zip(rows[:, 0], parts, strict=True):
        chart = Chart(axes, title)
        fill(chart)
        chart.finish()
    figure.tight_layout()
    figure.savefig(HERE / f"{name}.svg", facecolor="white", metadata={"Date": None})
    plt.close(figure)


def draw_fields(folder: Path, names: Sequence[str]) -> None:
    """Write the effective receptive fields of the first seed side by side, as square roots."""
    columns = 4
    rows = math.ceil(len(names) / columns)
    figure, cells = plt.subplots(rows, columns, figsize=(8.4, 1.9 * rows), squeeze=False)
    for axes in cells.flat:
        axes.axis("off")
    for axes, name in zip(cells.flat, names, strict=False):
        axes.imshow(np.sqrt(np.load(folder / f"field {name} 0.npy")), cmap="cividis")
        axes.set_title(name, fontsize=9, color=WORDS)
    figure.tight_layout()
    figure.savefig(HERE / "fields.webp", dpi=110, facecolor="white",
                   pil_kwargs={"quality": 82})
    plt.close(figure)


def main() -> None:
    """Write every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fields", type=Path)
    given = parser.parse_args()
    draw("encoder_decoder", [
        ("SegNet and DeconvNet: unpooled to where the maxima were (dashed), then filled in",
         mirrored),
        ("U-Net: every resolution of the encoder is joined", joined),
    ], 6.4)
    draw("dilated", [
        ("FCN-32s: pooled to the end", pooled),
        ("Dilated: pooled to stride 8, then dilated (numbers: distance of the taps)", dilated),
    ], 5.2)
    draw("hrnet", [("HRNet: stride 4 from the beginning to the end", parallel)], 3.2)
    if given.fields:
        draw_fields(given.fields, [
            "unet", "segnet", "deconvnet", "fcn_8s", "dilated", "hrnet_v2",
            "hrnet_v2, never fused", "hrnet_v2, one stream",
        ])


if __name__ == "__main__":
    main()
