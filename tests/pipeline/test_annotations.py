"""Runs over annotated photos: alone, mixed, and added after a run was finished."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_runs import CLASSES, NAMES, QUICK, draw_photo, listing, write_tags_csv

from tag2mask import pipeline
from tag2mask.data.annotations import load_constraint
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import read_planes
from tag2mask.stages.sharpen import second_round

Run = Callable[..., RunFolder]


def write_annotations(root: Path, *, masks: tuple[int, ...], boxes: tuple[int, ...],
                      points: tuple[int, ...]) -> Path:
    """Annotate photos by their numbers, from their true masks."""
    (root / "annotations").mkdir()
    rows = {"boxes": ["image,class,left,top,right,bottom"], "points": ["image,class,x,y"]}
    for number, name in enumerate(NAMES):
        truth = np.array(draw_photo(number)[1])
        if number in masks:
            Image.fromarray(truth).save(root / "annotations" / f"{name}.png")
        for label, of_class in enumerate(CLASSES, start=1):
            ys, xs = np.nonzero(truth == label)
            if len(ys) and number in boxes:
                rows["boxes"].append(
                    f"{name},{of_class},{xs.min()},{ys.min()},{xs.max() + 1},{ys.max() + 1}")
            if len(ys) and number in points:
                middle = len(ys) // 2
                rows["points"].append(f"{name},{of_class},{xs[middle]},{ys[middle]}")
    for kind, lines in rows.items():
        if len(lines) > 1:
            (root / f"{kind}.csv").write_text("\n".join(lines), encoding="utf-8")
    return root


def check_holds(run: RunFolder) -> int:
    """Compare every pseudo mask with its constraint, pixel for pixel; returns how many."""
    seen = 0
    for photo in read_run_dataset(run).photos:
        constraint = load_constraint(photo, len(CLASSES) + 1)
        if constraint is None:
            continue
        mask = np.array(Image.open(run.mask_file(photo.name)))
        np.testing.assert_array_equal(mask[constraint.known], constraint.certain[constraint.known])
        for label in range(1, len(CLASSES) + 1):
            assert not ((mask == label) & ~constraint.possible(label)).any()
        seen += 1
    return seen


def test_mixed_kinds_hold_in_every_pseudo_mask(tmp_path: Path, run_quickly: Run) -> None:
    """Through classifier, maps, CRF and threshold."""
    root = write_annotations(write_tags_csv(tmp_path / "data"), masks=(3, 6), boxes=(1, 4, 9),
                             points=(2, 5, 9, 13))
    run = run_quickly(root, tmp_path / "run")
    assert check_holds(run) == 8


@pytest.mark.parametrize("kind", ["masks", "boxes"])
def test_sets_without_tags_train(tmp_path: Path, run_quickly: Run, kind: str) -> None:
    """With the same command; complete masks are learned from as they are."""
    given = {"masks": (), "boxes": (), "points": ()} | {kind: tuple(range(len(NAMES)))}
    root = write_annotations(write_tags_csv(tmp_path / "data"), **given)
    (root / "tags.csv").unlink()
    shutil.rmtree(root / "masks")
    run = run_quickly(root, tmp_path / "run")
    assert check_holds(run) >= 15
    assert (run.segmenter / "weights.safetensors").exists()


def test_a_new_annotation_repeats_what_reads_it(
    copied: Path, data_copy: Path, run_quickly: Run
) -> None:
    """The classifier stays where it does not learn from annotations; without them all stays.

    Maps are weighed anew, since annotated cells are certain.
    """
    quiet = "classify.annotation_weight=0"
    before = listing(copied)
    run_quickly(data_copy, copied, quiet)
    after = listing(copied)
    kept = [name for name in before if name.startswith(("classifier/", "maps/", "masks/"))]
    assert all(after[name] == before[name] for name in kept)
    name = NAMES[3]
    table = f"image,class,x,y\n{name},disc,40,12\n"
    (data_copy / "points.csv").write_text(table, encoding="utf-8")
    run_quickly(data_copy, copied, quiet)
    now = listing(copied)
    assert now["classifier/tags.csv"] == before["classifier/tags.csv"]
    assert now[f"maps/{name}.npz"] != before[f"maps/{name}.npz"]
    assert now[f"masks/{name}.png"] != before[f"masks/{name}.png"]
    assert np.array(Image.open(copied / "masks" / f"{name}.png"))[12, 40] == 2


def test_figures_and_report_keep_annotations_apart(tmp_path: Path, run_quickly: Run) -> None:
    """Annotated val photos are not scored, and what was given is in protocol and report."""
    root = write_annotations(
        write_tags_csv(tmp_path / "data"), masks=(13,), boxes=(), points=(2, 5))
    run = run_quickly(root, tmp_path / "run")
    metrics = run.read_json(run.metrics)
    network = {figure["split"]: figure for figure in metrics["figures"]
               if figure["what"] == "network" and not figure["oracle"]}
    assert network["val"]["images"] == 3
    assert network["train"]["images"] == 12
    assert "1 mask (1 of them complete)" in network["val"]["annotations"]
    given = metrics["annotations"]["given"]
    assert given["val"]["scored_too"] == 1
    assert given["train"]["points"] == 4
    assert "What you gave, and what it brought" in run.report.read_text(encoding="utf-8")
    run_quickly(root, run.root, "evaluate.annotated=true")
    again = run.read_json(run.metrics)
    assert {f["images"] for f in again["figures"] if f["split"] == "val"} == {4}


def test_a_refused_second_round_changes_no_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Annotations guide them once, as without a second round."""
    monkeypatch.setattr(second_round, "MOST_MISSED", -1.0)
    root = write_annotations(write_tags_csv(tmp_path / "data"), masks=(3,), boxes=(1, 4),
                             points=(2, 5, 13))
    settings = (*QUICK, "sharpen.steps=pixel_adaptive", "sharpen.size=64", "sharpen.epochs=1")
    found = []
    for value in ("false", "true"):
        run = pipeline.run(root, tmp_path / "run", until="sharpen",
                           overrides=[*settings, f"sharpen.second_round={value}"])
        found.append({file.name: read_planes(file)[0]
                      for file in (run.root / "sharp").glob("*.npz")})
    assert run.self_trained.exists()
    assert found[0].keys() == found[1].keys()
    for name, scores in found[0].items():
        np.testing.assert_array_equal(scores, found[1][name])
