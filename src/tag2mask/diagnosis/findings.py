"""Findings as data: the problem, advice, and photos that show it."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_SHOTS = 6
"""The most photos of one finding."""


@dataclass(frozen=True)
class Shot:
    """A photo of a finding.

    Attributes:
        photo: index of the photo.
        caption: the text below it.
        heat: index of the class whose map is laid over it; None for no map.
    """

    photo: int
    caption: str
    heat: int | None = None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The numbers of a finding, for programs; one subclass for each kind of finding."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem of a data set."""

    what: str
    """The problem, in one sentence."""
    advice: str
    """How to fix it."""
    shots: tuple[Shot, ...]
    """Photos that show it."""
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class Section:
    """One kind of problem, with all findings."""

    name: str
    """As in diagnosis.json."""
    title: str
    """As on the page."""
    intro: str
    """The kind of problem, and why it matters."""
    findings: list[Finding] = field(default_factory=list)
    """The most important first."""
    note: str = ""
    """Items that could not be checked, or were left out."""
