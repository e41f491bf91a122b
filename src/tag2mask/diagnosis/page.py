"""diagnosis.html: what is wrong with a data set, with pictures, in one self-contained page."""

from __future__ import annotations

from typing import Any

from tag2mask import __version__
from tag2mask.diagnosis.diagnosis import FIGURES, Diagnosis
from tag2mask.diagnosis.findings import Finding, Section, Shot
from tag2mask.diagnosis.map_confusion import planes_of
from tag2mask.pages import templates
from tag2mask.pictures.overlays import heat
from tag2mask.pictures.thumbnails import thumbnail

MOST = 40
"""Findings of one section that are shown; all are in the JSON file."""

_SIDE = 200


def render(made: Diagnosis) -> str:
    """Write the page."""
    return templates.environment("tag2mask.diagnosis").get_template("diagnosis.html").render(
        style=templates.style("tag2mask.diagnosis", "diagnosis.css"), kind="diagnosis",
        version=__version__, name=made.dataset.root.resolve().name,
        photos=len(made.dataset.photos), classes=len(made.dataset.classes),
        with_run=made.run is not None, figures=FIGURES,
        sections=[_section(made, section) for section in made.sections],
    )


def _section(made: Diagnosis, section: Section) -> dict[str, Any]:
    shown = section.findings[:MOST]
    return {
        "name": section.name, "title": section.title, "intro": section.intro,
        "note": section.note, "total": len(section.findings), "shown": len(shown),
        "cards": [_card(made, one) for one in shown],
    }


def _card(made: Diagnosis, one: Finding) -> dict[str, Any]:
    return {"what": one.what, "advice": one.advice, "several": len(one.shots) > 1,
            "pictures": [(_picture(made, shot), shot.caption) for shot in one.shots]}


def _picture(made: Diagnosis, shot: Shot) -> str:
    """Draw a photo small, with its map where one is asked for, as a data URI."""
    photo = made.dataset.photos[shot.photo]
    pixels = thumbnail(photo, _SIDE)
    if shot.heat is not None and made.run is not None:
        planes = planes_of(made.run, photo, shot.heat)
        pixels = heat(pixels, planes[0]) if planes else pixels
    return templates.data_uri(pixels)
