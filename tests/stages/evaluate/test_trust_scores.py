"""Trust of masks that are drawn to be good or bad."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.annotation.records import Annotation, GivenMask
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.data.masks import load_mask, save_mask
from tag2mask.run_folder.context import Context
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes
from tag2mask.run_folder.records import RankAgreement
from tag2mask.run_folder.tables import read_table, write_table
from tag2mask.stages.evaluate.earlier import Earlier
from tag2mask.stages.evaluate.trust_scores import CUES, TrustScores

SIZE = (24, 32)


@pytest.fixture
def earlier(make_earlier: Callable[..., Earlier]) -> Earlier:
    """Return what the earlier stages did."""
    return make_earlier(0.5, 1.0)


def thing(width: int) -> np.ndarray:
    """Say where the thing is: so many columns from the left."""
    return np.broadcast_to(np.arange(SIZE[1]) < width, SIZE)


def scores_of(where: np.ndarray, seed: int) -> np.ndarray:
    """Draw scores (2, *SIZE) that are surely over the background there, and surely under it."""
    noise = 0.05 * np.random.default_rng(seed).random(SIZE)
    return np.stack([np.full(SIZE, 0.5), np.where(where, 0.9, 0.1) + noise]).astype(np.float32)


def logits_of(where: np.ndarray) -> np.ndarray:
    """Draw logits (3, *SIZE) of a network that finds the first class there."""
    return np.stack([np.where(where, -4, 4), np.where(where, 4, -4), np.full(SIZE, -9)]).astype(
        np.float32)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """Give a run of six photos of a cat, 8 columns wide, three of whose maps are ever worse.

    The last photo has no tag.
    """
    run, photos = RunFolder(tmp_path / "run"), []
    for place in range(6):
        name, true = f"p{place}", tmp_path / f"p{place}.png"
        save_mask(true, thing(8).astype(np.uint8), num_labels=3)
        photos.append(Photo(name=name, path=tmp_path / f"{name}.jpg", tags=(0,), split="train",
                            mask=true))
        write_planes(run.sharp_file(name), scores_of(thing(8 + 3 * place), place), np.array([0]))
        write_planes(run.map_file(name), np.where(thing(8), 0.8, 0.2)[None], np.array([0]))
    photos.append(Photo(name="none", path=tmp_path / "none.jpg", tags=(), split="train",
                        mask=None))
    write_table(run.classifier / "tags.csv", ["image", "cat", "dog"],
                [[photo.name, "0.75", "0.5"] for photo in photos])
    return Context(run=run, dataset=Dataset(
        root=tmp_path, layout="tags_csv", classes=("cat", "dog"), photos=tuple(photos)))


def judge(context: Context, earlier: Earlier) -> TrustScores:
    """Add all photos, with a network that finds the true cat."""
    scores = TrustScores(context, earlier)
    for place, photo in enumerate(context.dataset.photos):
        pseudo = thing(8 + 3 * place).astype(np.uint8)
        true = load_mask(photo.mask, size=None, num_labels=3) if photo.mask else None
        scores.add(scores.rows_of(photo, pseudo, logits_of(thing(8)), true))
    return scores


def test_bad_masks_come_first(context: Context, earlier: Earlier) -> None:
    """Photos, then the classes on them; the photo without a tag has no mask to doubt."""
    judge(context, earlier).write()
    rows = read_table(context.run.trust)
    assert [row["image"] for row in rows[:6]] == ["p5", "p4", "p3", "p2", "p1", "p0"]
    assert [row["class"] for row in rows] == [""] * 6 + ["cat"] * 6
    for part in (rows[:6], rows[6:]):
        trusts = [float(row["trust"]) for row in part]
        assert trusts == sorted(trusts)


def test_the_cues_are_what_they_are_called(context: Context, earlier: Earlier) -> None:
    """Of a mask that everybody agrees with, and of one that is 23 columns wide instead of 8."""
    judge(context, earlier).write()
    rows = {row["image"]: row for row in read_table(context.run.trust) if row["class"]}
    good, bad = ({cue: float(rows[name][cue]) for cue in CUES} for name in ("p0", "p5"))
    assert good["agreement"] == pytest.approx(1, abs=0.01)
    assert (good["network"], good["maps"], good["tag"]) == (1, 1, 0.75)
    assert good["area"] == pytest.approx(8 / 32)
    assert bad["network"] == bad["maps"] == pytest.approx(8 / 23, abs=1e-3)
    assert bad["agreement"] < 0.4
    assert 0 < bad["stability"] < 1  # the share is cut to 0.7 of what it was, over all photos


def test_the_correlation_has_its_protocol(context: Context, earlier: Earlier) -> None:
    """Here trust and truth have one order."""
    found = judge(context, earlier).figures()["train"]
    assert found.photos == found.classes == RankAgreement(number=6, spearman=1.0)
    assert (found.split, found.images, found.seed, found.oracle) == ("train", 6, 3, False)
    assert [number for *_, number in found.bins] == [1] * 6
    assert found.bins[0][1] < found.bins[-1][1] == 1


def test_trust_does_not_look_at_true_masks(context: Context, earlier: Earlier) -> None:
    """Other masks change the correlation and no line of the table; without any there is none."""
    judge(context, earlier).write()
    before = context.run.trust.read_text()
    for photo in context.dataset.photos[:3]:
        save_mask(photo.mask, thing(30).astype(np.uint8), num_labels=3)  # type: ignore[arg-type]
    other = judge(context, earlier)
    other.write()
    assert context.run.trust.read_text() == before
    assert (other.figures()["train"].photos.spearman or 0) < 0.9
    blind = Dataset(root=context.dataset.root, layout="tags_csv", classes=("cat", "dog"), photos=(
        Photo(name="p1", path=Path("p1.jpg"), tags=(0,), split="train", mask=None),))
    scores = TrustScores(Context(run=context.run, dataset=blind), earlier)
    scores.add(scores.rows_of(
        blind.photos[0], thing(11).astype(np.uint8), logits_of(thing(8)), None))
    assert scores.figures() == {}


def test_nothing_to_judge(context: Context, earlier: Earlier) -> None:
    """A table with its header only."""
    TrustScores(context, earlier).write()
    assert read_table(context.run.trust) == []
    assert context.run.trust.read_text().startswith("image,split,class,trust,agreement,")


def annotated(context: Context, certain: np.ndarray) -> Context:
    """Add an annotation to p5, the photo whose mask is the worst."""
    path = context.run.root.parent / "given.png"
    save_mask(path, certain, num_labels=3)
    mask = GivenMask(path=path, digest="", labels=(0, 1), decided=float((certain < 255).mean()))
    photos = [replace(p, annotation=Annotation(mask=mask)) if p.name == "p5" else p
              for p in context.dataset.photos]
    Image.new("RGB", SIZE[::-1]).save(context.dataset.root / "p5.jpg")
    return replace(context, dataset=replace(context.dataset, photos=tuple(photos)))


def trust_of(context: Context, earlier: Earlier, name: str) -> float:
    """Return the trust in the mask of one photo."""
    judge(context, earlier).write()
    return next(float(row["trust"]) for row in read_table(context.run.trust)
                if row["image"] == name and not row["class"])


def test_only_undecided_pixels_lower_the_trust(context: Context, earlier: Earlier) -> None:
    """A network that contradicts a drawn mask does not make it less trustworthy."""
    where = thing(23)
    clamped = np.stack([~where, where]).astype(np.float32)
    write_planes(context.run.sharp_file("p5"), clamped, np.array([0]))
    before = trust_of(context, earlier, "p5")
    half = where.astype(np.uint8)
    half[12:] = 255
    partly = trust_of(annotated(context, half), earlier, "p5")
    whole = trust_of(annotated(context, where.astype(np.uint8)), earlier, "p5")
    assert before < partly < whole
    assert whole == pytest.approx(1, abs=1e-3)
