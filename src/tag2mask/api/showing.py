"""Summary of a run: text for a terminal, and HTML with a picture for a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Photo
from tag2mask.data.photos import load_photo
from tag2mask.data.transforms import fit_within, resize
from tag2mask.pages.templates import data_uri
from tag2mask.pages.words import count
from tag2mask.pictures.overlays import overlay

if TYPE_CHECKING:
    from tag2mask.api.run import Run

_SIDE = 480
"""Long side of the picture, in pixels."""
_CLASSES = 6


def run_lines(run: Run) -> list[str]:
    """Summarise the data set, the state of the stages and the results of a run, line by line."""
    shown = ", ".join(run.classes[:_CLASSES]) + (", ..." if len(run.classes) > _CLASSES else "")
    stages = run.stages
    left = [stage.name for stage in stages if stage.state != "done"]
    top = run.metrics.headline
    return [
        f"Run({str(run.folder)!r})",
        f"  data    {count(len(run.photos), 'photo')}, {count(len(run.classes), 'class')} "
        f"({shown})",
        f"  stages  {f'next is {left[0]}' if left else f'all {len(stages)} done'}",
        f"  result  {f'{top.value} {top.what}' if top else 'nothing measured yet'}",
        f"  report  {run.report if run.report.exists() else 'not written yet'}",
    ]


def run_html(run: Run) -> str:
    """Return HTML with the headline figure, its protocol, and one photo with its mask."""
    top = run.metrics.headline
    figure = Markup("<p>Nothing was measured yet.</p>") if top is None else Markup(
        "<p><b style='font-size:1.6em'>{}</b> {}<br><small>{}</small></p>"
    ).format(top.value, top.what, "; ".join(top.protocol))
    about = Markup("<p><code>{}</code>: {}, {}</p>").format(
        str(run.folder), count(len(run.photos), "photo"), ", ".join(run.classes[:20]))
    return str(Markup("<div>{}{}{}</div>").format(about, figure, _picture(run)))


def _picture(run: Run) -> Markup:
    """Draw a photo that has a mask, preferably a held-out one with a tag."""
    order = sorted(run.photos, key=lambda photo: (not photo.tags, photo.split == "train"))
    for photo in order:
        for path, what in ((run.files.prediction_file(photo.name), "the network's mask"),
                           (run.files.mask_file(photo.name), "pseudo mask")):
            if path.exists():
                return _drawn(run, photo, what)
    return Markup("")


def _drawn(run: Run, photo: Photo, what: str) -> Markup:
    try:
        pixels = load_photo(photo.path)
    except InputError:  # a notebook may be opened on a machine without the photos
        return Markup("")
    mask = run.mask(photo.name) if what == "pseudo mask" else run.prediction(photo.name)
    size = fit_within((pixels.shape[0], pixels.shape[1]), _SIDE)
    picture = overlay(resize(pixels, size), resize(mask, size, nearest=True), classes=run.classes)
    return Markup("<figure><img src='{}' alt='{}'><figcaption>{}: {}</figcaption></figure>").format(
        data_uri(picture), photo.name, photo.name, what)
