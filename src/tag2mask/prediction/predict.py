"""Segment photos, and write masks, overlays and a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from tag2mask import __version__
from tag2mask.core.contracts import InputError
from tag2mask.core.device import device_name
from tag2mask.core.files import atomic_path, remove_leftovers
from tag2mask.core.processes import (
    agree,
    exchange,
    first_says,
    interleaved,
    joined,
    own,
)
from tag2mask.core.progress import Bar, Progress
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.data.dataset import Photo as DataPhoto
from tag2mask.data.finding import find_photos
from tag2mask.data.loading import read_ahead
from tag2mask.interchange.format import EXTRA
from tag2mask.interchange.rasters import is_raster, loses_place, segment_raster
from tag2mask.interchange.world_files import keep_world_file
from tag2mask.prediction.earlier_results import warn_of_others
from tag2mask.prediction.given_tags import GivenTags, read_given_tags
from tag2mask.prediction.growing_table import TABLE, PredictionTable, remove_unfinished_tables
from tag2mask.prediction.hub_networks import local_network
from tag2mask.prediction.left_out import PredictSummary, done_photos, refuse_many_losses
from tag2mask.prediction.parquet_table import need_parquet
from tag2mask.prediction.segmentation import (
    LoadedSegmenter,
    Segmentation,
    load_segmenter,
    mask_shares,
)
from tag2mask.prediction.unfinished import begin, earlier_mask, end, prediction_key
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.lock import locked
from tag2mask.run_folder.recognising import PREDICTION

Tags = Literal["predicted", "given"]
"""Whether the network chooses among all classes, or among the tags of each photo."""

_Rows = list[list[object]]
"""Rows of the table for a photo: its name, class, share of the photo that it covers, and file."""


def predict_photos(
    inputs: Sequence[Path], segmenter: LoadedSegmenter, *, out: Path, workers: int,
    progress: Progress, key: str = "", parquet: bool = False, tags: GivenTags | None = None,
) -> PredictSummary:
    """Write `masks/`, `overlays/` and `predictions.csv` for photos and folders of photos.

    `workers` + 1 threads read, segment and write one photo each; without workers only the calling
    thread. If the same prediction was interrupted, its masks are kept.

    Args:
        inputs: photos, folders, or their addresses.
        segmenter: the network.
        out: the output folder.
        workers: number of further threads.
        progress: reports progress.
        key: identifies network and options, see `prediction_key`; "" to begin anew in any case.
        parquet: also write `predictions.parquet`.
        tags: the classes among which the network chooses on each photo; None for all.

    Raises:
        InputError: there are no photos, or more than 10% of them are unreadable; the others are
            still segmented.
    """
    photos, resumed = first_says(lambda: _claimed(inputs, out, progress, key, tags))
    left_out: list[Problem] = []
    displaced: list[Path] = []
    segment = partial(_segment, segmenter, out, resumed, displaced, tags)
    threads = workers + 1 if workers else 0

    def share(bar: Bar) -> Iterator[_Rows | Problem]:
        for found in read_ahead(segment, own(photos), workers=threads, ahead=2 * threads):
            bar.advance(1)
            yield found

    with PredictionTable(out, parquet=parquet) as table:
        with progress.stage("predict", total=len(photos), shared=True) as bar:
            for found in interleaved(share(bar)):
                if isinstance(found, Problem):
                    left_out.append(found)
                else:
                    table.add(found)
        displaced = [path for part in exchange(displaced) for path in part]
        _warn_of_displaced(progress, displaced)
        table.finish()
    if kept := done_photos(photos, left_out):
        _remember(out, kept, segmenter.predictor.spec.classes)
        first_says(lambda: _warn_of_others(out, kept, progress))
    first_says(lambda: end(out))
    refuse_many_losses(left_out, len(photos), "segmented")
    return PredictSummary(len(photos) - len(left_out), left_out)


def _segment(
    segmenter: LoadedSegmenter, out: Path, resumed: bool, displaced: list[Path],
    tags: GivenTags | None, item: tuple[str, Path],
) -> _Rows | Problem:
    """Segment one photo, or take over its earlier mask; return its rows of predictions.csv.

    Photos whose masks lose the georeference are added to `displaced`.
    """
    name, path = item
    classes = segmenter.predictor.spec.classes
    given = tags.of(path) if tags else None
    try:
        if is_raster(path):
            return _segment_raster(name, path, segmenter, out, given)
        displaced.extend([path] if loses_place(path) else [])
        mask = earlier_mask(name, path, out, classes=len(classes)) if resumed else None
        if mask is not None:
            return _share_rows(name, mask_shares(mask, classes), path)
        found = segmenter.among(path, given)
    except InputError as error:
        return Problem(photo=str(path), why=str(error), left_out=True)
    return _save(name, path, found, out)


def _save(name: str, path: Path, found: Segmentation, out: Path) -> _Rows:
    """Write mask and overlay of one photo, and return its rows of predictions.csv."""
    _save_picture(found, out / "overlays" / f"{name}.jpg")
    found.save(out / "masks" / f"{name}.png")
    keep_world_file(path, out / "masks" / f"{name}.png")
    return _share_rows(name, found.shares, path)


def _warn_of_others(out: Path, kept: Sequence[tuple[str, Path]], progress: Progress) -> None:
    """Warn of masks of photos that are not in the table."""
    warn_of_others(
        out / "masks", [name for name, _ in kept], noun="mask", suffixes=(".png", ".tif"),
        table=TABLE, progress=progress)


def _warn_of_displaced(progress: Progress, displaced: Sequence[Path]) -> None:
    if displaced:
        progress.warn(f"{len(displaced)} photos are georeferenced, {displaced[0].name} first; "
                      f"for masks at the same place: {EXTRA}.")


def _claimed(
    inputs: Sequence[Path], out: Path, progress: Progress, key: str, tags: GivenTags | None
) -> tuple[list[tuple[str, Path]], bool]:
    """Find the photos, of data sets those with tags, after checking that `out` may hold masks.

    Returns:
        Names and files, and whether an interrupted prediction is continued.
    """
    _claim(out)
    photos = find_photos(inputs, out, progress, listed=tags.photos if tags else ())
    photos = tags.with_tags(photos, progress) if tags else photos
    resumed = begin(out, key)
    if resumed:
        progress.say("The prediction was interrupted; masks that are there are kept.")
    return photos, resumed


def _claim(out: Path) -> None:
    """Raise an error if `out` is a run, or contains other masks, as true ones.

    Masks are recognised as predictions by their overlays. Each overlay is written before its mask,
    and the table at the end, so that an interrupted prediction is recognised and can be repeated.
    """
    if RunFolder(out).config.exists():
        raise InputError(f"{out} is the folder of a run, whose data.json would be replaced; "
                         "choose another --out.")
    if (out / "masks").exists() and not (out / "overlays").exists():
        raise InputError(f"{out / 'masks'} holds masks of something else; choose another --out.")
    for folder in ("masks", "overlays"):
        remove_leftovers(out / folder)
    remove_unfinished_tables(out)


def _segment_raster(
    name: str, path: Path, segmenter: LoadedSegmenter, out: Path, given: Sequence[int] | None
) -> _Rows:
    """Segment a georeferenced raster by windows into a GeoTIFF with the same georeference."""
    classes = segmenter.predictor.spec.classes
    predicted = partial(segmenter.predictor.predict, classes=given)
    made = segment_raster(path, out / "masks" / f"{name}.tif", predicted, classes)
    _save_picture(Segmentation(made.photo, made.mask, classes), out / "overlays" / f"{name}.jpg")
    return _share_rows(name, made.shares(classes), path)


def _share_rows(name: str, shares: dict[str, float], source: Path) -> _Rows:
    return [[name, label, f"{share:.6f}" if label else "0", str(source)]
            for label, share in shares.items() or {"": 0}.items()]


def _remember(
    out: Path, kept: Sequence[tuple[str, Path]], classes: tuple[str, ...]
) -> None:
    """Write data.json: the photo of each mask, and the classes of its labels."""
    photos = (DataPhoto(name=name, path=path, tags=(), split="test", mask=None)
              for name, path in kept)
    write_dataset(RunFolder(out), Dataset(root=out, layout=PREDICTION, classes=classes,
                                          photos=()), photos=photos)


def _save_picture(found: Segmentation, path: Path) -> None:
    with atomic_path(path) as temporary:
        found.plot().save(temporary, quality=90)


def predict(
    inputs: Sequence[Path], *, run: Path, out: Path, device: str = "auto", runtime: str = "auto",
    long_side: int | None = None, scales: Sequence[float] = (1.0,), flip: bool = False,
    workers: int = 1, progress: Progress | None = None, parquet: bool = False,
    tags: Tags = "predicted",
) -> PredictSummary:
    """Segment photos with the network of a run; see `load_segmenter` and `predict_photos`.

    Several processes join before the network is loaded, so that each loads it on its own GPU.
    """
    if parquet:
        need_parquet()
    if tags not in get_args(Tags):
        raise InputError(f"tags is predicted or given, not {tags!r}.")
    progress = progress or Progress()
    one = len(inputs) == 1 and inputs[0].is_file()
    with joined(device=device), ExitStack() as held:
        agree("version or command", "\n".join(map(str, [
            __version__, "predict", *inputs, run, out, runtime, long_side, scales, flip, tags])))
        segmenter = load_segmenter(
            run, runtime=runtime, device=device_name(device), long_side=long_side,
            scales=scales, flip=flip, together=1 if one else workers + 1,
        )
        first_says(lambda: held.enter_context(locked(out)))
        given = first_says(lambda: read_given_tags(
            inputs, out, segmenter.predictor.spec.classes, progress)) if tags == "given" else None
        key = prediction_key(local_network(run), [
            __version__, device, runtime, long_side, scales, flip, given and given.digest])
        return predict_photos(
            inputs, segmenter, out=out, workers=workers, progress=progress, key=key,
            parquet=parquet, tags=given,
        )
