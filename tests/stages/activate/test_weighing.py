"""Maps of a run that are weighed by a discriminant of all its photos."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tag2mask import pipeline
from tag2mask.core.contracts import InputError
from tag2mask.run_folder.context import read_about, record_file
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.run_folder.records import ActivateAbout
from tag2mask.run_folder.weights import read_weights, write_weights
from tag2mask.stages.activate import weighing
from tag2mask.stages.activate.weighing import MapWeighing

FITTED = "maps/discriminant.safetensors"


def maps_of(run: Path) -> dict[str, np.ndarray]:
    """Read all maps of a run."""
    return {path.stem: read_planes(path)[0] for path in sorted((run / "maps").glob("*.npz"))}


def lose_a_map(run: Path) -> str:
    """Remove a map, as if the stage had been killed before it; a finished stage starts anew."""
    lost = next(iter(maps_of(run)))
    (run / f"maps/{lost}.npz").unlink()
    record = record_file(RunFolder(run), "activate")
    record.write_text(record.read_text().replace('"done": true', '"done": false'))
    return lost


def test_weighed_maps_are_smaller_and_keep_their_peaks(copied: Path) -> None:
    """Maps as they were read do not stay."""
    weighed = maps_of(copied)
    assert read_about(RunFolder(copied), ActivateAbout).discriminant
    assert not (copied / "read").exists()
    pipeline.run_stage("activate", copied, overrides=["activate.discriminant=false"])
    assert not (copied / FITTED).exists()
    read = maps_of(copied)
    assert weighed.keys() == read.keys()
    assert all(planes.max(axis=(1, 2)) == pytest.approx(1) for planes in weighed.values())
    assert np.mean([each.mean() for each in weighed.values()]) < np.mean(
        [each.mean() for each in read.values()])


def test_a_lost_map_is_made_again(copied: Path) -> None:
    """By the discriminant that is stored, and not by one of a single photo."""
    before = maps_of(copied)
    lost, fitted = lose_a_map(copied), (copied / FITTED).stat()
    pipeline.run_stage("activate", copied)
    assert (copied / FITTED).stat().st_mtime_ns == fitted.st_mtime_ns
    np.testing.assert_allclose(maps_of(copied)[lost], before[lost], atol=2e-3)


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-8])


def _of_fewer_classes(file: Path) -> None:
    write_weights(file, {name: rows[:1] for name, rows in read_weights(file).items()}, {})


def _of_something_else(file: Path) -> None:
    write_weights(file, {"weight": torch.zeros(2, 3)}, {})


@pytest.mark.parametrize("damage", [_cut, _of_fewer_classes, _of_something_else])
def test_a_damaged_discriminant_is_named(copied: Path, damage: Callable[[Path], None]) -> None:
    """With what helps, which is not another training."""
    lose_a_map(copied)
    damage(copied / FITTED)
    with pytest.raises(InputError, match=r"discriminant.* is damaged.*delete it and"):
        pipeline.run_stage("activate", copied)
    (copied / FITTED).unlink()
    pipeline.run_stage("activate", copied)


def test_maps_of_small_things_stay_as_they_are_read(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As without the setting; the decision is in the record, and a lost map is read again."""
    monkeypatch.setattr(weighing, "LEAST_SPREAD", 2.0)
    for path in (copied / "maps").glob("*"):
        path.unlink()
    pipeline.run_stage("activate", copied)
    kept = maps_of(copied)
    assert not read_about(RunFolder(copied), ActivateAbout).discriminant
    assert not (copied / FITTED).exists()
    lose_a_map(copied)
    pipeline.run_stage("activate", copied)
    again = maps_of(copied)
    pipeline.run_stage("activate", copied, overrides=["activate.discriminant=false"])
    read = maps_of(copied)
    for name, planes in kept.items():
        np.testing.assert_array_equal(planes, read[name])
        np.testing.assert_allclose(again[name], read[name], atol=2e-3)


@pytest.mark.parametrize("when", ["reading", "weighing"])
def test_an_interrupted_stage_goes_on(
    copied: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """To the same maps, whether it was reading or weighing them."""
    before, step = maps_of(copied), "_cells" if when == "reading" else "_features"
    run, calls = RunFolder(copied), []
    original = getattr(MapWeighing, step)

    def interrupted(self: MapWeighing, *photos: object) -> object:
        calls.append(step)
        if len(calls) == (1 if when == "reading" else 2):
            raise KeyboardInterrupt
        return original(self, *photos)

    for path in (copied / "maps").glob("*"):
        path.unlink()
    monkeypatch.setattr(MapWeighing, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        pipeline.run_stage("activate", run.root)
    monkeypatch.setattr(MapWeighing, step, original)
    assert (copied / FITTED).exists() == (when == "weighing")
    assert list((copied / "read").glob("*.npz"))
    pipeline.run_stage("activate", run.root)
    for name, planes in maps_of(copied).items():
        np.testing.assert_allclose(planes, before[name], atol=2e-3)
