"""Options shared by several commands."""

from __future__ import annotations

import os
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tag2mask.pipeline import quality

if TYPE_CHECKING:
    from tag2mask.core.progress import Progress


class DeviceName(str, Enum):
    """The device on which networks run."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class TagsName(str, Enum):
    """Among which classes a network chooses."""

    PREDICTED = "predicted"
    GIVEN = "given"


class HelpName(str, Enum):
    """Networks that were trained on masks of other photos."""

    NONE = "none"
    AUTO = "auto"
    SALIENCY = "saliency"
    SAM = "sam"


class KeepName(str, Enum):
    """What stays after a run."""

    ALL = "all"
    SMALL = "small"


def help_setting(given: HelpName | None) -> list[str]:
    """Return --outside-help as a setting; [] leaves it to the other settings."""
    return [f"sharpen.outside_help={given.value}"] if given else []


def few_workers() -> int:
    """Return half of the available cores, 1 to 4; the network needs the others."""
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    return max(1, min(4, cores // 2))


def make_progress(quiet: bool, verbose: bool) -> Progress:
    """Create the progress reporter for --quiet and --verbose; --quiet takes precedence."""
    from tag2mask.core.progress import Progress

    return Progress("quiet" if quiet else "verbose" if verbose else "normal")


def echo_lines(lines: Iterable[str]) -> None:
    """Print lines to stdout, with control characters in names neutralised.

    Of several processes, only the first prints.
    """
    from tag2mask.core.escaping import printable
    from tag2mask.core.processes.state import is_first
    from tag2mask.core.wording import agreed

    if not is_first():
        return
    for line in lines:
        typer.echo(agreed(printable(line)))


def parse_scales(text: str) -> tuple[float, ...]:
    """Parse comma-separated numbers.

    Raises:
        InputError: an item is not a number, or a number is out of range.
    """
    from tag2mask.core.contracts import InputError
    from tag2mask.core.settings import Range

    allowed = Range(0.1, 8, items=(1, 16))
    try:
        scales = tuple(map(float, text.split(",")))
    except ValueError as error:
        raise InputError(
            f"--scales {text!r} is no list of numbers; write it as in --scales 1,1.5."
        ) from error
    if scales not in allowed:
        raise InputError(f"--scales wants {allowed}, not {text}.")
    return scales


def split(text: str) -> list[str]:
    """Split names at commas; an empty text gives an empty list."""
    return [name.strip() for name in text.split(",") if name.strip()]


DataFolder = Annotated[Path, typer.Argument(
    metavar="DATA", help="The photos: class folders, a tags.csv, Pascal VOC or shards; or their "
    "address, as in hf://USER/NAME or s3://BUCKET/FOLDER.")]
RunArgument = Annotated[Path, typer.Argument(
    metavar="RUN", help="A folder that `tag2mask run` made.")]
RunOption = Annotated[Path, typer.Option(
    "--run", metavar="RUN", help="A folder that `tag2mask run` made.")]
Out = Annotated[Path, typer.Option(
    "--out", metavar="DIR", help="Where everything goes; made when missing.")]
ConfigFile = Annotated[Path | None, typer.Option(
    "--config", metavar="FILE", help="Settings as TOML; a run's config.toml is one.")]
Overrides = Annotated[list[str] | None, typer.Option(
    "--set", metavar="KEY=VALUE", help="One setting, as in classify.epochs=4; repeatable.")]
Quality = Annotated[quality.Quality, typer.Option(
    "--quality", help="Settings as a group: fast takes about 40 % of the time, best about three "
    "times as long.")]
OutsideHelp = Annotated[HelpName | None, typer.Option(
    "--outside-help", help="Sharpen with a network that was trained on masks of other photos: "
    "saliency (extra saliency) or sam; auto uses saliency if it agrees with the maps.",
    show_default="the setting `sharpen.outside_help`")]
Device = Annotated[DeviceName, typer.Option(
    "--device", help="Where networks run; auto takes a GPU if there is one.")]
Runtime = Annotated[str, typer.Option(
    "--runtime", metavar="NAME", help="What computes the network: onnx, torch, compiled, openvino, "
    "torch_bfloat16, openvino_bfloat16, or another that `tag2mask methods` lists; auto takes torch "
    "on a GPU, else the fastest known to give the same masks.")]
LongSide = Annotated[int | None, typer.Option(
    "--long-side", min=16, max=16_384, metavar="PIXELS", show_default="as in training",
    help="Of photos when the network reads them, for things smaller than in training; large "
    "photos are read in tiles.")]
Scales = Annotated[str, typer.Option(
    "--scales", metavar="1,1.5", help="Multiples of that size to average over.")]
Flip = Annotated[bool, typer.Option(
    "--flip", help="Average with the mirrored photo too.")]
Workers = Annotated[int, typer.Option(
    "--workers", min=0, max=256, default_factory=few_workers, metavar="N",
    show_default="half the cores, at most 4", help="Threads that decode photos.")]
Seed = Annotated[int | None, typer.Option(
    "--seed", min=0, max=2**32 - 2, metavar="N", show_default="the setting `seed`",
    help="Of everything random: same seed, same masks.")]
Keep = Annotated[KeepName, typer.Option(
    "--keep", help="What stays when the run is done: small removes the maps and scores of the "
    "photos, which later stages compute again if they need them.")]
Profiled = Annotated[bool, typer.Option(
    "--profile", help="Also write what every stage does with its time: profile.html and "
    "profile.json.")]
Quiet = Annotated[bool, typer.Option(
    "--quiet", "-q", help="Print only warnings and the result.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print more on the way.")]
