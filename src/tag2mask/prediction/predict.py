"""New photos in, masks, pictures and a table out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.files import atomic_path, remove_leftovers
from tag2mask.core.progress import Progress
from tag2mask.data.dataset import Dataset, Photo, Problem
from tag2mask.data.loading import read_ahead
from tag2mask.data.masks import save_mask
from tag2mask.data.photos import SUFFIXES, load_photo
from tag2mask.data.transforms import fit_within, resize
from tag2mask.interchange.formats import EXTRA
from tag2mask.interchange.rasters import is_raster, loses_place, segment_raster
from tag2mask.interchange.world_files import keep_world_file
from tag2mask.pictures.overlays import overlay
from tag2mask.prediction.predictor import Predictor, View, load_predictor
from tag2mask.run_folder.artifacts import RunFolder, write_dataset, write_table

_OVERLAY_SIDE = 1600
"""Long side of an overlay, in pixels: for looking at, not for measuring."""

_Rows = list[list[object]]
"""Of the table: a photo's name, a class, and the share of the photo that it covers."""


@dataclass(frozen=True)
class Segmentation:
    """What is where on one photo.

    Attributes:
        photo: (H, W, 3) uint8.
        mask: (H, W) uint8, 0 background, class + 1.
        classes: names of labels 1, 2, ...
    """

    photo: np.ndarray
    mask: np.ndarray
    classes: tuple[str, ...]

    @property
    def shares(self) -> dict[str, float]:
        """The share of the photo that each class covers, largest first; absent ones left out."""
        counts = np.bincount(self.mask.ravel(), minlength=256)[1 : len(self.classes) + 1]
        shares = zip(self.classes, (counts / self.mask.size).tolist(), strict=True)
        return dict(sorted(((n, s) for n, s in shares if s), key=lambda pair: -pair[1]))

    def plot(self) -> Image.Image:
        """Return the photo with the mask and the class names over it."""
        size = fit_within((self.photo.shape[0], self.photo.shape[1]), _OVERLAY_SIDE)
        small = resize(self.photo, size)
        mask = resize(self.mask, size, nearest=True)
        return Image.fromarray(overlay(small, mask, classes=self.classes))

    def save(self, path: str | Path) -> Path:
        """Write the mask as a palette PNG, at the photo's own size."""
        save_mask(Path(path), self.mask, num_labels=len(self.classes) + 1)
        return Path(path)


@dataclass(frozen=True)
class LoadedSegmenter:
    """A run's network; call it with a photo."""

    predictor: Predictor

    def __call__(self, photo: str | Path | np.ndarray) -> Segmentation:
        """Segment one photo, from a file or as (H, W, 3) uint8."""
        pixels = photo if isinstance(photo, np.ndarray) else load_photo(Path(photo))
        return Segmentation(pixels, self.predictor.predict(pixels), self.predictor.spec.classes)


@dataclass(frozen=True)
class PredictSummary:
    """How many masks were written, and which photos could not be read."""

    written: int
    left_out: list[Problem]


def load_segmenter(
    run: str | Path, *, runtime: str = "auto", device: str = "cpu", long_side: int | None = None,
    scales: Sequence[float] = (1.0,), flip: bool = False, together: int = 1,
) -> LoadedSegmenter:
    """Load the segmentation network of a run, for new photos.

    Args:
        run: the run folder.
        runtime: "onnx", "torch", "compiled" (torch, for many photos), "openvino",
            "torch_bfloat16" or "openvino_bfloat16"; "auto" is torch on a GPU, and on a CPU the
            fastest whose masks are known to be those of float32.
        device: "cpu" or "cuda"; for the torch runtimes.
        long_side: of a photo when the network reads it, in pixels; None as in training. What is
            larger than a megapixel then is read in overlapping tiles.
        scales: multiples of that size, whose logits are averaged.
        flip: average with the mirrored photo too.
        together: threads that will call it at once, each with its share of the cores.

    Raises:
        InputError: the run has no network yet, the runtime is not there, or nothing can be read at
            these sizes.
    """
    view = View(long_side=long_side, scales=tuple(scales), flip=flip)
    return LoadedSegmenter(
        load_predictor(run, runtime=runtime, device=device, view=view, together=together)
    )


def predict_photos(
    inputs: Sequence[Path], segmenter: LoadedSegmenter, *, out: Path, workers: int,
    progress: Progress,
) -> PredictSummary:
    """Write `masks/`, `overlays/` and `predictions.csv` for photos and folders of photos.

    One thread more than `workers` reads, segments and writes a photo each, or with no workers the
    caller's alone.

    Raises:
        InputError: nothing to read, or more than a tenth of the photos is unreadable; the others
            are segmented all the same.
    """
    _claim(out)
    photos = _named(inputs, out)
    rows: _Rows = []
    left_out: list[Problem] = []
    displaced: list[Path] = []

    def segment(item: tuple[str, Path]) -> _Rows | Problem:
        name, path = item
        try:
            if is_raster(path):
                return _segment_raster(name, path, segmenter, out)
            displaced.extend([path] if loses_place(path) else [])
            found = segmenter(path)
        except InputError as error:
            return Problem(photo=str(path), why=str(error), left_out=True)
        _save_picture(found, out / "overlays" / f"{name}.jpg")
        found.save(out / "masks" / f"{name}.png")
        keep_world_file(path, out / "masks" / f"{name}.png")
        return _share_rows(name, found.shares)

    threads = workers + 1 if workers else 0
    with progress.stage("predict", total=len(photos)) as bar:
        for found in read_ahead(segment, photos, workers=threads, ahead=2 * threads):
            bar.advance(1)
            if isinstance(found, Problem):
                left_out.append(found)
            else:
                rows += found
    if displaced:
        progress.warn(f"{len(displaced)} photos are georeferenced, {displaced[0].name} first; "
                      f"for masks at the same place: {EXTRA}.")
    if rows:
        write_table(out / "predictions.csv", ["image", "class", "area_share"], rows)
        _remember(out, photos, left_out, segmenter.predictor.spec.classes)
    _refuse_many_losses(left_out, len(photos))
    return PredictSummary(len(photos) - len(left_out), left_out)


def _claim(out: Path) -> None:
    """Stop where `out` holds masks of something else: true ones, or a run's own.

    Overlays are the sign that they are ours; each is written before its mask, and the table only
    at the end, so that a prediction that was killed is known and can be repeated.
    """
    if (out / "masks").exists() and not (out / "overlays").exists():
        raise InputError(f"{out / 'masks'} holds masks of something else; choose another --out.")
    for folder in ("masks", "overlays"):
        remove_leftovers(out / folder)


def _segment_raster(
    name: str, path: Path, segmenter: LoadedSegmenter, out: Path
) -> _Rows:
    """Segment a georeferenced raster by windows; its mask is a GeoTIFF at the same place."""
    classes = segmenter.predictor.spec.classes
    made = segment_raster(path, out / "masks" / f"{name}.tif", segmenter.predictor.predict, classes)
    _save_picture(Segmentation(made.photo, made.mask, classes), out / "overlays" / f"{name}.jpg")
    return _share_rows(name, made.shares(classes))


def _share_rows(name: str, shares: dict[str, float]) -> _Rows:
    return [[name, label, f"{share:.6f}" if label else "0"]
            for label, share in shares.items() or {"": 0}.items()]


def _remember(
    out: Path, photos: Sequence[tuple[str, Path]], left_out: Sequence[Problem],
    classes: tuple[str, ...],
) -> None:
    """Write data.json: which photo each mask belongs to, and what its labels mean."""
    lost = {problem.photo for problem in left_out}
    kept = tuple(Photo(name=name, path=path, tags=(), split="test", mask=None)
                 for name, path in photos if str(path) not in lost)
    write_dataset(RunFolder(out), Dataset(root=out, layout="prediction", classes=classes,
                                          photos=kept))


def _refuse_many_losses(left_out: list[Problem], total: int) -> None:
    if len(left_out) * 10 <= total:
        return
    if total == 1:
        raise InputError(left_out[0].why)
    first = "; ".join(problem.why.rstrip(".") for problem in left_out[:3])
    raise InputError(f"{len(left_out)} of {total} photos cannot be read, more than a tenth: "
                     f"{first}{' ...' if len(left_out) > 3 else ''}. The others were segmented.")


def _named(inputs: Sequence[Path], out: Path) -> list[tuple[str, Path]]:
    """Find the photos and give each a name of its own for the files it becomes.

    What an earlier prediction left in `out` is no photo, though it may lie among the photos.
    """
    own = [(out / folder).resolve() for folder in ("masks", "overlays")]
    found: dict[str, Path] = {}
    seen: set[Path] = set()
    for entry in inputs:
        if not entry.exists():
            raise InputError(f"{entry} does not exist; give photos or folders of photos.")
        inside = sorted(
            path for path in entry.rglob("*")
            if path.suffix.lower() in SUFFIXES and path.is_file()
            and not any(part.startswith(".") for part in path.relative_to(entry).parts)
        )
        for path in inside if entry.is_dir() else [entry]:
            if path.resolve() in seen or any(folder in path.resolve().parents for folder in own):
                continue
            seen.add(path.resolve())
            plain = path.relative_to(entry) if entry.is_dir() else Path(path.name)
            stem, whole = plain.with_suffix("").as_posix(), plain.as_posix()
            name = whole if stem in found else stem
            if name in found:
                raise InputError(f"Two photos would both become {name}.png: {path} is the second; "
                                 "predict them into different folders.")
            found[name] = path
    if not found:
        raise InputError(f"There is no photo in {', '.join(map(str, inputs))}.")
    return list(found.items())


def _save_picture(found: Segmentation, path: Path) -> None:
    with atomic_path(path) as temporary:
        found.plot().save(temporary, quality=90)
