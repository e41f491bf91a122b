"""The choice of outside help, as the report shows it."""

from __future__ import annotations

from dataclasses import dataclass

from tag2mask.run_folder.context import find_about
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import HelpChoice, SharpenAbout

_NAMES = {"saliency": "Saliency", "sam": "Masks of a SAM", "none": "No outside help"}


@dataclass(frozen=True)
class HelpShown:
    """The choice in words.

    Attributes:
        used: what is used.
        asked: the value of the setting.
        why: the reason, as a sentence.
        figures: names and values of the measurements.
        photos: number of photos that were measured.
    """

    used: str
    asked: str
    why: str
    figures: list[tuple[str, str]]
    photos: int


def outside_help(run: RunFolder) -> HelpShown | None:
    """Return the choice of a run; None if outside help was not asked for."""
    about = find_about(run, SharpenAbout)
    return _shown(about.help) if about and about.help else None


def _shown(choice: HelpChoice) -> HelpShown:
    figures = [(name.replace("_", " "), f"{value:.2f}") for name, value in choice.figures.items()]
    return HelpShown(used=_NAMES.get(choice.used, choice.used), asked=choice.asked, why=choice.why,
                     figures=figures, photos=choice.photos)
