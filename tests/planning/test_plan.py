"""A plan: measures and settings with their reasons, which `run --config` takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from tag2mask.core.files import write_text
from tag2mask.core.json_records import write_record
from tag2mask.data.dataset import Dataset, Photo
from tag2mask.pipeline.config import Config
from tag2mask.planning import plan as planning
from tag2mask.planning.measures import measure
from tag2mask.planning.plan import Plan
from tag2mask.planning.rules import plan_settings
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import (
    BatchNormChoice,
    HelpChoice,
    NormalityChoice,
    SecondRound,
    StepsChoice,
)

SHIFTED = BatchNormChoice(adapt=True, shift=0.4, least=0.15, photos=64)


def drawn(root: Path, pictures: Sequence[np.ndarray]) -> Dataset:
    """Write pictures as the training photos of a data set, the last one without a tag."""
    photos = []
    for number, pixels in enumerate(pictures):
        path = root / f"p{number}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        tags = (number % 2,) if number < len(pictures) - 1 else ()
        photos.append(Photo(name=f"p{number}", path=path, tags=tags, split="train", mask=None))
    return Dataset(root=root, layout="tags_csv", classes=("crack", "dent"), photos=tuple(photos))


def test_measures_of_grey_noise_and_of_colour(tmp_path: Path) -> None:
    """Noise is all fine contrast, a ramp none."""
    noise = np.random.default_rng(0).integers(0, 255, (30, 40, 1)).repeat(3, 2)
    ramp = np.zeros((30, 40, 3))
    ramp[..., 0], ramp[..., 2] = np.linspace(0, 200, 40), np.linspace(0, 200, 30)[:, None]
    (tmp_path / "grey").mkdir()
    (tmp_path / "colour").mkdir()
    grey = measure(drawn(tmp_path / "grey", [noise] * 5))
    colour = measure(drawn(tmp_path / "colour", [ramp] * 4))
    assert (grey.grey, colour.grey) == (1, 0)
    assert grey.texture == pytest.approx(8 / 9, abs=0.05)
    assert colour.texture == pytest.approx(0, abs=0.01)
    assert (grey.photos, grey.tagged, grey.size) == (5, 4, (30, 40))
    assert grey.rarest == ("crack", 2)
    assert colour.rarest == ("dent", 1)
    assert "most photos are grey" in grey.sentences[1]
    assert "Median size 40 x 30" in colour.sentences[1]


def test_a_plan_is_a_file_that_a_run_takes(tmp_path: Path) -> None:
    """Each setting has its reason above it."""
    noise = np.random.default_rng(0).integers(0, 255, (30, 40, 3))
    made = Plan(name="tiles", measures=measure(drawn(tmp_path, [noise] * 3)),
                settings=tuple(plan_settings(SHIFTED)))
    text = made.to_toml()
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    config = Config.from_file(tmp_path / "plan.toml")
    assert config.classify.batch_norm == "fixed"
    assert config.sharpen.steps == ("auto",)
    lines = text.splitlines()
    assert lines[0].startswith("# Plan for tiles")
    assert "is 0.40" in " ".join(lines[:lines.index('batch_norm = "fixed"')])
    assert max(map(len, lines)) <= 98


@pytest.mark.parametrize(("chosen", "steps"), [((), ("none",)), (("dense_crf",), ("dense_crf",))])
def test_the_choice_of_a_run_is_taken_over(
    tmp_path: Path, chosen: tuple[str, ...], steps: tuple[str, ...]
) -> None:
    """With its reason, since it was made from maps."""
    run = RunFolder(tmp_path)
    write_record(run.sharpener / "steps.json", StepsChoice(
        steps=chosen, figures={"none": 0.2}, found=True, photos=9, sentence="Because."))
    planned = {each.key: each for each in plan_settings(None, run)}
    assert planned["steps"].value == steps
    assert planned["steps"].reason == "Because."
    assert planned["batch_norm"].value == "fixed"


def test_a_run_without_a_choice_says_why(tmp_path: Path) -> None:
    """The default steps are no choice, although nobody gave any."""
    planned = {each.key: each for each in plan_settings(None, RunFolder(tmp_path))}
    assert "has made no choice, because its sharpen.steps are not auto" in planned["steps"].reason


def test_what_a_run_decided_is_taken_over(tmp_path: Path) -> None:
    """So that a repeated run trains no network whose masks it would refuse; not what was asked."""
    run = RunFolder(tmp_path / "run")
    write_record(run.sharpener / "outside_help.json", HelpChoice(
        asked="auto", used="saliency", why="It agrees.", photos=9))
    write_record(run.sharpener / "second_round.json", SecondRound(missed=0.4, used=False))
    write_record(run.sharpener / "normality.json", NormalityChoice(
        used=False, normal=30, photos=9, low=0.3, high=0.6, without=0.5, helped=0.6))
    made = Plan(name="tiles", settings=tuple(plan_settings(None, run)),
                measures=measure(drawn(tmp_path, [np.zeros((20, 30, 3))] * 3)))
    (tmp_path / "plan.toml").write_text(made.to_toml(), encoding="utf-8")
    sharpen = Config.from_file(tmp_path / "plan.toml").sharpen
    assert (sharpen.outside_help, sharpen.second_round) == ("saliency", False)
    assert not sharpen.normality
    assert "in 40% of" in " ".join(made.to_toml().split())
    write_record(run.sharpener / "outside_help.json", HelpChoice(
        asked="sam", used="sam", why="It was asked for."))
    write_record(run.sharpener / "normality.json", NormalityChoice(
        used=True, asked=True, normal=30, photos=9))
    assert not {"outside_help", "normality"} & {each.key for each in plan_settings(None, run)}


def test_the_command_writes_it(
    tiny_data: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    command: Callable[..., Result],
) -> None:
    """Or prints it; a run of other classes is refused in one sentence."""
    monkeypatch.setattr(planning, "create_backbone", _refuse)
    printed = command("plan", tiny_data, "-q")
    assert printed.exit_code == 0, printed.output
    assert 'batch_norm = "fixed"' in printed.output
    out = tmp_path / "plan.toml"
    written = command("plan", tiny_data, "--out", out, "--run", finished, "-q")
    assert written.exit_code == 0, written.output
    assert f"--config {out}" in written.output.replace("\n", "")
    assert Config.from_file(out).classify.batch_norm == "fixed"


def test_a_run_of_another_data_set_is_refused(
    tmp_path: Path, finished: Path, command: Callable[..., Result]
) -> None:
    """In one sentence."""
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 255, (20, 30, 3))
        path = tmp_path / "data" / "ab"[number % 2] / f"p{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    refused = command("plan", tmp_path / "data", "--run", finished, "-q")
    assert refused.exit_code != 0
    assert "run of another data set" in " ".join(refused.output.split())


def test_a_folder_that_is_no_run_is_refused(
    tiny_data: Path, tmp_path: Path, command: Callable[..., Result]
) -> None:
    """As that of a prediction, which has a data.json too."""
    write_text(tmp_path / "predicted" / "data.json",
               '{"photos": [], "classes": [], "layout": "prediction"}')
    refused = command("plan", tiny_data, "--run", tmp_path / "predicted", "-q")
    assert refused.exit_code == 2
    assert "is no run folder" in " ".join(refused.output.split())


def _refuse(*_: object, **__: object) -> None:
    raise AssertionError("weights are not needed for so few photos")
