"""Draw the activation maps of many photos, one picture each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.data_address import refuse_address
from tag2mask.core.files import remove_leftovers
from tag2mask.core.processes import first_says, interleaved, own
from tag2mask.core.progress import Bar, Progress
from tag2mask.data.dataset import Problem
from tag2mask.data.depth import DepthRule
from tag2mask.data.finding import EXPLAINED, EXPLAINED_COLUMNS, find_photos, is_explained
from tag2mask.data.given import as_photo
from tag2mask.data.photos import SUFFIXES
from tag2mask.prediction.earlier_results import warn_of_others
from tag2mask.prediction.explain import save_picture
from tag2mask.prediction.left_out import PredictSummary, done_photos, refuse_many_losses
from tag2mask.run_folder.lock import locked
from tag2mask.run_folder.tables import write_table

Draw = Callable[[np.ndarray, str], Image.Image]
"""Draws a photo, (H, W, 3) uint8, with its maps, under the name of its file."""

_Named = Sequence[tuple[str, Path]]


def explain_photos(
    inputs: Sequence[Path], draw: Draw, *, out: Path, depth: DepthRule | None = None,
    progress: Progress,
) -> PredictSummary:
    """Draw photos and folders of photos into a folder, with a table of the pictures.

    Several processes share out the photos. Pictures have the names that `predict_photos` gives to
    masks.

    Args:
        inputs: photos, folders, or their addresses.
        draw: draws a photo; an error that it raises ends all.
        out: folder of the pictures, which is new or holds earlier ones.
        depth: how photos of more than 8 bits are read.
        progress: reports progress.

    Raises:
        InputError: there are no photos, `out` contains something else, or more than 10% of the
            photos are unreadable; the others are still drawn.
    """
    with ExitStack() as held:
        first_says(lambda: _refuse_other_folders(out))
        first_says(lambda: held.enter_context(locked(out)))
        photos = first_says(lambda: _claimed(inputs, out, progress))
        with progress.stage("explain", total=len(photos), shared=True) as bar:
            left_out = [found for found in interleaved(_explain(photos, draw, out, depth, bar))
                        if found]
        kept = done_photos(photos, left_out)
        if kept:
            _write_table(out, kept)
            first_says(lambda: warn_of_others(
                out, [name for name, _ in kept], noun="picture", suffixes=(".png",),
                table=EXPLAINED, progress=progress))
    refuse_many_losses(left_out, len(photos), "drawn")
    return PredictSummary(len(kept), left_out)


def _explain(
    photos: _Named, draw: Draw, out: Path, depth: DepthRule | None, bar: Bar
) -> Iterator[Problem | None]:
    """Draw the photos of this process; yield the problem of each that cannot be read."""
    marked = False
    for name, path in own(photos):
        try:
            pixels = as_photo(path, depth=depth)
        except InputError as error:
            yield Problem(photo=str(path), why=str(error), left_out=True)
        else:
            drawn = draw(pixels, path.name)
            if not marked:  # by the table `out` is recognised as a folder of pictures
                _write_table(out, photos)
                marked = True
            save_picture(drawn, out / f"{name}.png")
            yield None
        bar.advance(1)


def _refuse_other_folders(out: Path) -> None:
    refuse_address(out, "pictures")
    if out.is_dir():
        if not is_explained(out) and any(not entry.name.startswith(".") for entry in out.iterdir()):
            raise InputError(f"{out} contains something else; give --out a new folder.")
    elif out.exists() or out.suffix.lower() in SUFFIXES:
        raise InputError(f"{out} is the name of one picture; give --out a folder for those of "
                         "several photos.")


def _claimed(inputs: Sequence[Path], out: Path, progress: Progress) -> _Named:
    """Find the photos, and clear `out` of what an interrupted command has left."""
    photos = find_photos(inputs, out, progress, written=("",))
    inside = next((path for _, path in photos if path.resolve().is_relative_to(out.resolve())),
                  None)
    if inside is not None:
        raise InputError(f"{inside} is in {out}, where pictures are written; give --out another "
                         "folder.")
    remove_leftovers(out)
    return photos


def _write_table(out: Path, photos: _Named) -> None:
    write_table(out / EXPLAINED, EXPLAINED_COLUMNS,
                [(name, f"{name}.png", str(path)) for name, path in photos])
