"""Render diagnosis.html: all findings with photos, in one self-contained page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tag2mask import __version__
from tag2mask.diagnosis.findings import Finding, Section, Shot
from tag2mask.diagnosis.map_confusion import planes_of
from tag2mask.diagnosis.result import FIGURES, Diagnosis
from tag2mask.pages import templates
from tag2mask.pictures.overlays import heat
from tag2mask.pictures.thumbnails import thumbnail

MOST = 40
"""The most findings per section; all are in diagnosis.json."""

_SIDE = 200
_ROOM = "tag2mask.diagnosis"


@dataclass(frozen=True)
class CardView:
    """A finding; its pictures as data URI and caption."""

    what: str
    advice: str
    pictures: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class SectionView:
    """A section and the cards that are shown of it."""

    section: Section
    total: int
    cards: Sequence[CardView]


def render(made: Diagnosis) -> str:
    """Return the page as HTML."""
    return templates.environment(_ROOM).get_template("diagnosis.html").render(
        style=templates.style(_ROOM, "diagnosis.css"), kind="diagnosis", version=__version__,
        name=made.dataset.root.resolve().name, photos=len(made.dataset.photos),
        classes=len(made.dataset.classes), with_run=made.run is not None, figures=FIGURES,
        views=[_view(made, section) for section in made.sections],
    )


def _view(made: Diagnosis, section: Section) -> SectionView:
    cards = [_card(made, one) for one in section.findings[:MOST]]
    return SectionView(section, len(section.findings), cards)


def _card(made: Diagnosis, one: Finding) -> CardView:
    return CardView(one.what, one.advice, [(_picture(made, s), s.caption) for s in one.shots])


def _picture(made: Diagnosis, shot: Shot) -> str:
    """Draw a small photo, with the map of its class if there is one, as a data URI."""
    photo = made.dataset.photos[shot.photo]
    pixels = thumbnail(photo, _SIDE)
    if shot.heat is not None and made.run is not None:
        planes = planes_of(made.run, photo, shot.heat)
        pixels = heat(pixels, planes[0]) if planes else pixels
    return templates.data_uri(pixels)
