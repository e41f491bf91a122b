"""Messages about photos that are missing or not listed, and about labels in masks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset, Problem

_MOST_LABELS = 40


def missing_sentences(missing: Sequence[str], listed: int) -> tuple[str, ...]:
    """Report the number of missing photos if there are several; each is also a problem."""
    if len(missing) < 2:
        return ()
    return (f"{len(missing):,} of {listed:,} photos in tags.csv are missing; the first is "
            f"{shown(missing[0])}.",)


def unlisted_problems(others: Sequence[str], used: int) -> list[Problem]:
    """Report the number of photos beside the table's photos that it does not list."""
    if not others:
        return []
    verb = "photos are" if len(others) > 1 else "photo is"
    return [Problem(photo="tags.csv", why=(
        f"{len(others):,} {verb} not listed and not used, beside {used:,} that are; the first "
        f"is {shown(others[0])}."
    ))]


def without_unlisted(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems except that of `unlisted_problems`."""
    return [one for one in problems if not (one.photo == "tags.csv" and "not listed" in one.why)]


def none_found(root: Path, first: str, on_disk: Sequence[str]) -> InputError:
    """Return an error with the probable reason why no photo of the table was found."""
    if not on_disk:
        return InputError(
            f"None of the photos in {root / 'tags.csv'} was found, nor any other photo in {root}; "
            f"the first is {shown(first)}; copy the photos there."
        )
    return InputError(
        f"None of the photos in {root / 'tags.csv'} was found: the first is {shown(first)}, while "
        f"the {len(on_disk):,} photos in {root} are called like {shown(on_disk[0])}; write paths "
        f"below {root}."
    )


def labels_sentence(dataset: Dataset) -> tuple[str, ...]:
    """Report the label of each class if only the order of names determines it."""
    given = (photo.annotation for photo in dataset.photos if photo.annotation)
    if not any(photo.mask for photo in dataset.photos) and not any(a.mask for a in given):
        return ()
    names = dataset.classes[:_MOST_LABELS]
    numbers = all(name.isdigit() for name in names)
    meanings = ", ".join(f"{label} = {name!r}" if numbers else f"{label} = {name}"
                         for label, name in enumerate(names, start=1))
    order = "numbers" if numbers else "names"
    more = ", ..." * (len(dataset.classes) > _MOST_LABELS)
    return (f"There is no classes.txt, so the labels in the masks follow the order of the {order}: "
            f"{meanings}{more}.",)


def shown(path: PurePath | str) -> str:
    """Return a path as printable text, whatever its bytes are."""
    text = path if isinstance(path, str) else path.as_posix()
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
