"""A choice is made once, and again only if it no longer fits or its file is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.run_folder.records import StepsChoice
from tag2mask.run_folder.stored_choice import stored_choice


def test_a_stored_choice_is_read_back(tmp_path: Path) -> None:
    """Unless it was made on other data; a damaged file is an error."""
    path = tmp_path / "sharpener" / "steps.json"
    calls: list[int] = []

    def choice(*, photos: int) -> StepsChoice:
        def choose() -> StepsChoice:
            calls.append(photos)
            return StepsChoice(steps=("dense_crf",), figures={"none": 0.1}, found=True,
                               photos=photos, sentence=f"Choice {len(calls)}.")

        return stored_choice(path, StepsChoice, choose, fits=lambda kept: kept.photos == photos)

    first = choice(photos=3)
    assert choice(photos=3) == first
    assert choice(photos=2).sentence == "Choice 2."
    assert calls == [3, 2]
    path.write_text("{}")
    with pytest.raises(InputError, match="delete it and repeat"):
        choice(photos=2)
    path.unlink()
    assert choice(photos=2).sentence == "Choice 3."
