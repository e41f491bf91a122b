"""The list of photos for the page, and its thumbnails."""

from __future__ import annotations

import io
from collections import OrderedDict
from dataclasses import asdict, dataclass
from threading import Lock

import numpy as np
from PIL import Image

from tag2mask.annotation.work_log import State
from tag2mask.core.contracts import InputError
from tag2mask.core.escaping import printable
from tag2mask.data.dataset import Photo
from tag2mask.pictures.colours import class_colours, css
from tag2mask.pictures.overlays import overlay
from tag2mask.pictures.thumbnails import thumbnail
from tag2mask.review.annotations import NEW, Annotations, state_of
from tag2mask.review.sitting import tally
from tag2mask.review.source import Source, fitted

_SIDE = 144
_KEPT = 4000
"""Number of thumbnails that are cached, about 5 kB each."""


@dataclass(frozen=True)
class Row:
    """The entry of one photo in the list."""

    name: str
    tags: list[int]
    """Labels, 1 to K."""
    trust: float | None
    state: str
    version: str
    draft: str
    """Version of the pseudo mask, which a training makes again; "" if there is none."""
    seconds: float


@dataclass(frozen=True)
class ClassRow:
    """The entry of one class."""

    name: str
    label: int
    colour: str


def class_rows(source: Source) -> list[dict[str, object]]:
    """List the classes with their colours, as JSON."""
    colours = class_colours(source.num_labels)
    return [asdict(ClassRow(printable(name), label, css(colours[label])))
            for label, name in enumerate(source.dataset.classes, 1)]


def photo_rows(source: Source, annotations: Annotations) -> list[dict[str, object]]:
    """List all photos in the order of the queue, as JSON."""
    states, seconds, trust = annotations.states(), annotations.seconds(), source.trust()
    return [_row(photo, trust.get(photo.name), annotations, states.get(photo.name), seconds,
                 source.draft_version(photo)) for photo in source.photos]


def sitting_rows(source: Source, annotations: Annotations) -> dict[str, object]:
    """Summarise the present session: states by name, the changed photos, and the seconds."""
    entries = annotations.present
    made = tally(source, annotations, entries, source.photos)
    done = {printable(name): each for name, each in made.items()}
    return {"done": {name: each.state for name, each in done.items()},
            "changed": [name for name, each in done.items() if each.changed],
            "spent": round(sum(entry.seconds for entry in entries), 1)}


def _row(
    photo: Photo, trust: float | None, annotations: Annotations, state: State | None,
    seconds: dict[str, float], draft: str,
) -> dict[str, object]:
    saved = annotations.file(photo).exists()
    return asdict(Row(
        printable(photo.name), [tag + 1 for tag in photo.tags], trust,
        state_of(state, saved=saved),
        annotations.version(photo) if saved else NEW, draft,
        round(seconds.get(photo.name, 0), 1)))


class Thumbnails:
    """Thumbnails of photos with their masks, created once per version of mask and draft."""

    def __init__(self, source: Source, annotations: Annotations) -> None:
        """Initialise an empty cache."""
        self._source, self._annotations = source, annotations
        self._made: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()
        self._lock = Lock()

    def __call__(self, photo: Photo) -> bytes:
        """Return a thumbnail of the photo with its current mask, as WebP."""
        key = photo.name, self._annotations.version(photo), self._source.draft_version(photo)
        with self._lock:
            if key in self._made:
                return self._made[key]
        picture = self._drawn(photo)
        with self._lock:
            self._made[key] = picture
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return picture

    def _drawn(self, photo: Photo) -> bytes:
        small = thumbnail(photo, _SIDE)
        try:
            mask = self._annotations.mask(photo)
        except InputError:  # the error is reported when the photo itself is opened
            mask = np.zeros(small.shape[:2], np.uint8)
        buffer = io.BytesIO()
        drawn = overlay(small, fitted(mask, small.shape[:2]), alpha=0.45)
        Image.fromarray(drawn).save(buffer, format="WEBP", quality=70, method=2)
        return buffer.getvalue()
