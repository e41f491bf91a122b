"""A classifier trained in rounds: the whole path, what is erased, kills, and odd data."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from loaded_before import run_ended
from PIL import Image
from tiny_runs import KILL_AFTER, KILL_BEFORE, NAMES, QUICK, listing, results, tags_of
from typer.testing import Result

from tag2mask.data.batches import sized_batches
from tag2mask.data.masks import load_mask
from tag2mask.models.classifiers.map_reading import Lender, read_maps
from tag2mask.pipeline import run_stage
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.strategies.adversarial_erasing import ErasingRounds
from tag2mask.strategies.loading import load_classifier
from tag2mask.training.erased_photos import photos_of

SETTINGS = (
    *QUICK, "classify.strategy=adversarial_erasing", "classify.epochs=8",
    "classify.learning_rate=1e-3", "activate.discriminant=false", "sharpen.steps=none",
    "segment.epochs=1",
)
"""Long enough for a class to be told in round 2, which has two epochs."""

FEW = [(KILL_AFTER, "round2/checkpoint.safetensors")]
MANY = [
    (KILL_BEFORE, "classifier/checkpoint.safetensors"), (KILL_AFTER, "round2/erased/p05.png"),
    (KILL_BEFORE, "round2/weights.safetensors"), (KILL_BEFORE, "round2/curve.csv"),
    (KILL_AFTER, "round3/erased/p12.png"), (KILL_AFTER, "round3/checkpoint.safetensors"),
    (KILL_BEFORE, "rounds.json"), (KILL_AFTER, "rounds.json"), (KILL_BEFORE, "maps/p07.npz"),
]
"""A file, and whether the process dies before or after it gets its name, as one run meets them."""


def run(data: Path, out: Path, *more: str, **environment: str) -> int | None:
    """Run `tag2mask run` in a process of its own, and give the exit code."""
    return run_ended(data, out, (*SETTINGS, *more), **environment)


@pytest.fixture(scope="module")
def undisturbed(tiny_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a run that nobody stopped; not to be changed."""
    out = tmp_path_factory.mktemp("rounds") / "run"
    assert run(tiny_data, out) == 0
    return out


def told(folder: Path) -> dict[str, dict[str, object]]:
    """Give what the rounds came to."""
    found: dict[str, dict[str, object]] = json.loads(
        (folder / "classifier" / "rounds.json").read_text(encoding="utf-8")
    )
    return found


def test_every_round_leaves_what_the_next_needs(undisturbed: Path) -> None:
    """Weights and a curve of each, regions of all tagged photos; no checkpoint stays."""
    found = {p.relative_to(undisturbed / "classifier").as_posix()
             for p in (undisturbed / "classifier").rglob("*") if p.is_file()}
    later = {
        f"round{number}/{name}" for number in (2, 3)
        for name in ("weights.safetensors", "curve.csv", *(f"erased/{n}.png" for n in NAMES[1:]))
    }
    assert found == later | {
        "weights.safetensors", "curve.csv", "tags.csv", "metrics.json", "rounds.json",
    }


def test_the_rounds_are_reported_class_by_class(undisturbed: Path) -> None:
    """With the losses that decided, and the erased share, which only grows."""
    rounds = told(undisturbed)
    metrics = json.loads((undisturbed / "classifier" / "metrics.json").read_text(encoding="utf-8"))
    record = json.loads((undisturbed / "stages" / "classify.json").read_text(encoding="utf-8"))
    whole = json.loads((undisturbed / "metrics.json").read_text(encoding="utf-8"))
    for place in (metrics, record["about"]["tags"], whole["tags"]):
        assert place["rounds"] == rounds["rounds"]
        assert place["erased_share"] == rounds["erased_share"]
    assert set(rounds["rounds"]) == {"block", "disc"}
    assert max(rounds["rounds"].values()) >= 2
    assert all(len(losses) == 3 for losses in rounds["loss_by_round"].values())
    shares = list(rounds["erased_share"])
    assert shares == sorted(shares)
    assert shares[0] == 0 < shares[-1] <= 0.4


def test_what_is_erased_stays_erased(undisturbed: Path) -> None:
    """In round 3 all that was in round 2, at the size at which photos are read."""
    folder = RunFolder(undisturbed)
    for name in NAMES[1:]:
        second, third = (
            load_mask(folder.erased_file(number, name), size=(60, 80), num_labels=2)
            for number in (2, 3)
        )
        assert second.any() or "disc" not in tags_of(int(name[1:]))
        assert (third >= second).all()


def test_maps_are_those_of_all_rounds(undisturbed: Path, tmp_path: Path) -> None:
    """Of a class that had several; one that stopped after the first keeps its map."""
    alone = Path(shutil.copytree(undisturbed, tmp_path / "alone"))
    counted = told(alone)["rounds"]
    content = told(alone) | {"rounds": {"block": 1, "disc": 1}}
    (alone / "classifier" / "rounds.json").write_text(json.dumps(content), encoding="utf-8")
    run_stage("activate", alone)
    for name in NAMES[1:]:
        pairs = (read_planes(RunFolder(f).map_file(name)) for f in (undisturbed, alone))
        (merged, tags), (first, _) = pairs
        for own, other, tag in zip(merged, first, tags, strict=True):
            assert own.max() == other.max() == 1
            assert np.array_equal(own, other) == (counted[("block", "disc")[tag]] == 1)


def test_later_rounds_compare_places_on_whole_photos(undisturbed: Path) -> None:
    """Their maps are of the photo with parts erased, and are shared as those of round 1 are."""
    folder = RunFolder(undisturbed)
    context = Context(run=folder, dataset=read_run_dataset(folder))
    counted, colour = told(undisturbed)["rounds"], np.array(told(undisturbed)["colour"])
    photo = next(p for p in context.dataset.photos
                 if p.tags and counted[("block", "disc")[p.tags[0]]] > 1)
    first = load_classifier(undisturbed)
    batch = next(iter(sized_batches(
        [photo], long_side=first.spec.long_side, batch_size=1, workers=1)))
    maps = []
    for number in range(1, counted[("block", "disc")[photo.tags[0]]] + 1):
        seen = photos_of(context, ErasingRounds(), number, colour)
        maps.append(read_maps(
            load_classifier(undisturbed, number=number), [photo],
            seen.paint_all(batch, [photo]) if seen else batch, torch.device("cpu"),
            method="correlated_cam", scales=(1.5, 2), flip=True,
            lender=Lender(first, batch) if seen else None,
        )[0, 0])
    stored, _ = read_planes(folder.map_file(photo.name))
    assert stored[0] == pytest.approx(ErasingRounds().merge(np.stack(maps)), abs=2e-3)


@pytest.mark.parametrize("moments", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_kills_between_and_in_rounds_change_nothing(
    moments: list[tuple[str, str]], tiny_data: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """One death after the other; and of a kill in round 2 the first is not trained again."""
    out, first = tmp_path / "run", "classifier/weights.safetensors"
    for when, name in moments:
        before = listing(out).get(first)
        assert run(tiny_data, out, **{when: name}) == -signal.SIGKILL
    after = listing(out)[first]
    assert before in (None, after)
    assert run(tiny_data, out) == 0
    assert listing(out)[first] == after
    one, other = results(out), results(undisturbed)
    assert [name for name in sorted(one.keys() | other.keys())
            if one.get(name) != other.get(name)] == []


def test_another_strategy_leaves_nothing_of_the_rounds(
    undisturbed: Path, tmp_path: Path
) -> None:
    """A run that goes on with another one starts anew."""
    out = Path(shutil.copytree(undisturbed, tmp_path / "run"))
    run_stage("classify", out, overrides=["classify.strategy=plain", "classify.epochs=1"])
    assert not list((out / "classifier").glob("round*"))
    metrics = json.loads((out / "classifier" / "metrics.json").read_text(encoding="utf-8"))
    assert "rounds" not in metrics


@pytest.mark.parametrize("name", ["rounds.json", "round2/weights.safetensors",
                                  "round2/erased/p04.png"])
def test_a_missing_file_is_told(
    name: str, undisturbed: Path, tmp_path: Path, command: Callable[..., Result]
) -> None:
    """By its name or by the command that makes it."""
    out = Path(shutil.copytree(undisturbed, tmp_path / "run"))
    (out / "classifier" / name).unlink()
    result = command("activate", out, "-q")
    assert result.exit_code == 2
    assert "tag2mask classify" in result.stderr or "p04.png" in result.stderr


def write_data(root: Path, tags: list[str], split: str = "train") -> Path:
    """Write photos of noise with the tags given, each a row of tags.csv."""
    rng = np.random.default_rng(0)
    (root / "images").mkdir(parents=True)
    rows = ["image,tags,split"]
    for number, own in enumerate(tags):
        pixels = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / "images" / f"q{number}.png")
        rows.append(f"images/q{number}.png,{own},{split}")
    (root / "tags.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.mark.parametrize("tags", [["a"], ["a", "a", "a"], ["a;b", "a;b", "a;b"]])
def test_what_is_on_every_photo_is_refused(
    tags: list[str], tmp_path: Path, command: Callable[..., Result]
) -> None:
    """One photo, one class, all tags everywhere: there is nothing to learn from."""
    data = write_data(tmp_path / "data", tags)
    words = [word for setting in (*SETTINGS, "classify.epochs=1") for word in ("--set", setting)]
    result = command("run", data, "--out", tmp_path / "run", "-q", *words)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_photo_without_a_tag_gets_anothers_patch(undisturbed: Path) -> None:
    """Or its bare ground would tell that it has none."""
    from tag2mask.run_folder.context import Context
    from tag2mask.run_folder.data_file import read_run_dataset
    from tag2mask.training.erased_photos import photos_of

    folder = RunFolder(undisturbed)
    dataset, colour = read_run_dataset(folder), np.array([10.0, 20.4, 30.6])
    context = Context(run=folder, dataset=dataset)
    assert photos_of(context, ErasingRounds(), 1, colour) is None
    seen = photos_of(context, ErasingRounds(), 2, colour)
    assert seen is not None
    assert not tags_of(0)
    bare = next(photo for photo in dataset.photos if photo.name == "p00")
    region = seen.region(bare.path)
    assert any(np.array_equal(region, seen.region(p.path)) for p in dataset.photos if p.tags)
    pixels = np.full((60, 80, 3), 200, np.uint8)
    painted = seen.paint(bare.path, pixels)
    assert (painted[region] == [10, 20, 31]).all()
    assert (painted[~region] == 200).all()
    assert np.array_equal(seen.paint(bare.path, painted), painted)
