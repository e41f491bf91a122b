"""Findings about single tags: given tags that are probably wrong, and missing ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tag2mask.data.dataset import Dataset, Photo
from tag2mask.diagnosis.findings import Figures, Finding, Section, Shot
from tag2mask.diagnosis.wrong_tags import FEWEST, Suspect
from tag2mask.pages.words import join


@dataclass(frozen=True, kw_only=True)
class SuspectFigures(Figures):
    """The numbers of a tag that is probably wrong, as in `Suspect`."""

    photo: str
    split: str
    tag: str
    given: bool
    probability: float
    surprise: float


def wrong_tags(dataset: Dataset, found: Sequence[Suspect], note: str) -> Section:
    """Report given tags that are probably wrong.

    Args:
        dataset: the data set.
        found: as returned by `suspects`.
        note: classes that could not be checked, in words.
    """
    return Section(
        name="wrong_tags", title="Given tags that are probably wrong",
        intro="A classifier that was not trained on these photos finds the class no more likely "
              "on them than on most photos without it. The most surprising come first. Small and "
              "occluded objects are among them: their tags are correct, but a classifier learns "
              "little from such photos.",
        findings=[_suspect(dataset, one) for one in found if one.given], note=note,
    )


def missing_tags(dataset: Dataset, found: Sequence[Suspect], note: str) -> Section:
    """Report tags that are probably missing; arguments as for `wrong_tags`."""
    return Section(
        name="missing_tags", title="Tags that are probably missing",
        intro="A classifier that was not trained on these photos finds the class as likely as on "
              "most photos that have it. The most surprising come first.",
        findings=[_suspect(dataset, one) for one in found if not one.given], note=note,
    )


def unchecked_note(dataset: Dataset, skipped: Sequence[str]) -> str:
    """Describe the classes that could not be checked."""
    if not dataset.classes:
        return "There are no tags to check."
    return f"Not checked, since fewer than {FEWEST} photos have or lack the tag: " \
        f"{join(skipped)}." if skipped else ""


def tags_in_words(dataset: Dataset, photo: Photo) -> str:
    """Return the tags of a photo in words."""
    return ", ".join(dataset.classes[k] for k in photo.tags) or "no tag"


def _suspect(dataset: Dataset, one: Suspect) -> Finding:
    photo, tag = dataset.photos[one.photo], dataset.classes[one.tag]
    if one.given:
        what = f"{tag} is given, but its probability is {one.probability:.1%}."
        advice = f"Remove {tag} unless the photo shows it."
    else:
        what = f"{tag} is missing, but its probability is {one.probability:.1%}."
        advice = f"Add {tag} if the photo shows it."
    return Finding(
        what=what, advice=advice,
        shots=(Shot(one.photo, f"{photo.name}: {tags_in_words(dataset, photo)}"),),
        figures=SuspectFigures(photo=photo.name, split=photo.split, tag=tag, given=one.given,
                               probability=round(one.probability, 4),
                               surprise=round(one.surprise, 3)),
    )
