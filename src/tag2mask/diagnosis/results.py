"""Write the files of a diagnosis: the page, and diagnosis.json for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tag2mask.core.files import write_text
from tag2mask.core.json_fields import FLAT, to_json
from tag2mask.core.json_records import write_json
from tag2mask.diagnosis.findings import Figures, Section
from tag2mask.diagnosis.page import render
from tag2mask.diagnosis.result import FIGURES, PAGE, Diagnosis


@dataclass(frozen=True, kw_only=True)
class FindingRecord:
    """A finding without its photos."""

    what: str
    advice: str
    figures: Figures | None = field(default=None, metadata=FLAT)


@dataclass(frozen=True, kw_only=True)
class SectionRecord:
    """All findings of one kind."""

    note: str
    findings: tuple[FindingRecord, ...]


@dataclass(frozen=True, kw_only=True)
class DiagnosisRecord:
    """The content of diagnosis.json."""

    data: str
    """Name of the data set's folder."""
    photos: int
    classes: tuple[str, ...]
    run: str | None
    sections: Mapping[str, SectionRecord]


def write_diagnosis(made: Diagnosis, out: Path) -> Path:
    """Write `diagnosis.json` and `diagnosis.html`, and return the path of the page."""
    record = DiagnosisRecord(
        data=made.dataset.root.resolve().name, photos=len(made.dataset.photos),
        classes=made.dataset.classes, run=str(made.run.root) if made.run else None,
        sections={section.name: _section(section) for section in made.sections},
    )
    write_json(out / FIGURES, to_json(record))
    write_text(out / PAGE, render(made))
    return out / PAGE


def _section(section: Section) -> SectionRecord:
    return SectionRecord(note=section.note, findings=tuple(
        FindingRecord(what=one.what, advice=one.advice, figures=one.figures)
        for one in section.findings))
