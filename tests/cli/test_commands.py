"""What is typed reaches the pipeline, and what it made is told."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_pipeline import METRICS, FakePipeline, finished_run
from invented_records import figure, metrics
from PIL import Image
from typer.testing import CliRunner, Result

from tag2mask import __version__
from tag2mask.core.json_fields import to_json
from tag2mask.stages import STAGES

Typed = Callable[..., Result]


def test_run_passes_everything_on(pipeline: FakePipeline, typed: Typed, tmp_path: Path) -> None:
    """Each option, in the shape that the pipeline wants."""
    out = tmp_path / "run"
    result = typed("run", "photos", "--out", out, "--config", "a.toml", "-v", "--device", "cpu",
                   "--set", "classify.epochs=4", "--set", "segment.model=unet",
                   "--workers", 3, "--seed", 5, "--profile", "--keep", "small")
    assert result.exit_code == 0, result.output
    assert f"Profile  {out / 'profile.html'}" in result.output
    ((name, args, options),) = pipeline.calls
    progress = options.pop("progress")
    assert (name, args) == ("run", (Path("photos"), out))
    assert progress.verbosity == "verbose"
    assert options == {
        "config": None, "config_file": Path("a.toml"), "device": "cpu", "workers": 3, "seed": 5,
        "overrides": ["classify.epochs=4", "segment.model=unet"], "photos": None,
        "until": "report", "reuse": [], "profile": True, "keep": "small", "quality": "default",
    }


@pytest.mark.usefixtures("pipeline")
@pytest.mark.parametrize(("old", "said"), [(0.465, True), (0.5, False), (None, False)])
def test_run_names_the_figure_that_it_replaced(
    typed: Typed, tmp_path: Path, old: float | None, said: bool
) -> None:
    """If it is another one: training again with corrected masks may also make it worse."""
    out = tmp_path / "run"
    out.mkdir()
    content = "damaged" if old is None else json.dumps(to_json(metrics(
        figures=(figure("network", "val", old, images=40),))))
    (out / "metrics.json").write_text(content, encoding="utf-8")
    result = typed("run", "photos", "--out", out)
    assert result.exit_code == 0, result.output
    line = "Before   46.5 mean IoU of the network on 40 held-out photos"
    assert (line in result.output) is said


def test_demo_has_defaults(pipeline: FakePipeline, typed: Typed, tmp_path: Path) -> None:
    """The settings' own seed, the best device, at least one worker."""
    result = typed("demo", "--out", tmp_path / "run", "--quiet")
    assert result.exit_code == 0, result.output
    ((_, _, options),) = pipeline.calls
    assert options["seed"] is None
    assert options["device"] == "auto"
    assert options["workers"] >= 1
    assert options["progress"].verbosity == "quiet"


@pytest.mark.parametrize("command", [("demo",), ("run", "photos")])
@pytest.mark.usefixtures("pipeline")
def test_the_end_is_four_lines(command: tuple[str, ...], typed: Typed, tmp_path: Path) -> None:
    """Masks, network, the headline with its protocol, report; on stdout, quiet or not."""
    out = tmp_path / "run"
    masks, network, figures, report = typed(*command, "--out", out, "-q").stdout.splitlines()
    assert f"2 final masks in {out / 'final'}" in masks
    assert f"tag2mask export {out}" in masks
    assert str(out / "segmenter") in network
    assert "50.0 mean IoU of the network on 40 held-out photos" in figures
    for phrase in ("synthetic", "pretrained on ImageNet-1k classes", "seed 7"):
        assert phrase in figures
    assert str(out / "report.html") in report


@pytest.mark.usefixtures("pipeline")
def test_without_any_figure_the_end_says_so(typed: Typed, tmp_path: Path,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    """And never shows a figure that was tuned on the masks."""
    monkeypatch.setitem(METRICS, "figures", METRICS["figures"][1:])
    assert "none could be measured" in typed("demo", "--out", tmp_path / "run").stdout


@pytest.mark.parametrize("stage", [stage.name for stage in STAGES])
def test_every_stage_is_a_command(
    stage: str, pipeline: FakePipeline, typed: Typed, tmp_path: Path
) -> None:
    """Made from the one list of stages."""
    run = finished_run(tmp_path / "a").root
    result = typed(stage, run, "--set", "label.threshold=0.3", "--workers", 0, "--seed", 4)
    assert result.exit_code == 0, result.output
    ((name, args, options),) = pipeline.calls
    assert (name, args) == ("run_stage", (stage, run))
    assert options["seed"] == 4
    assert options["overrides"] == ["label.threshold=0.3"]
    assert options["workers"] == 0


def test_predict_tells_what_was_left_out(pipeline: FakePipeline, typed: Typed) -> None:
    """The first ten by name, then a count."""
    result = typed("predict", "a.jpg", "folder", "--run", "runs/a", "--out", "new")
    assert result.exit_code == 0, result.output
    ((_, args, options),) = pipeline.calls
    assert args == ([Path("a.jpg"), Path("folder")],)
    assert (options["run"], options["out"]) == (Path("runs/a"), Path("new"))
    lines = result.stdout.splitlines()
    assert lines[0] == "Left out p0.jpg: It ends too early."
    assert lines[10] == "Left out 2 more."
    assert lines[11].startswith(f"3 masks in {Path('new/masks')}, ")


def test_predict_looks_as_it_is_told(pipeline: FakePipeline, typed: Typed) -> None:
    """At a size, at several scales, mirrored; what is no number is told before anything runs."""
    words = ("predict", "a.jpg", "--run", "runs/a", "--out", "new")
    assert typed(*words).exit_code == 0
    look = ("--long-side", 4000, "--scales", "1, 1.5", "--flip")
    assert typed(*words, *look).exit_code == 0
    (_, _, plain), (_, _, closer) = pipeline.calls
    keys = ("long_side", "scales", "flip")
    assert [plain[key] for key in keys] == [None, (1.0,), False]
    assert [closer[key] for key in keys] == [4000, (1.0, 1.5), True]
    refused = typed(*words, "--scales", "1;2")
    assert refused.exit_code == 2
    assert "--scales '1;2' is no list of numbers; write it as in --scales 1,1.5." in refused.stderr
    assert len(pipeline.calls) == 2


def test_inspect_shows_what_is_there(typed: Typed, tmp_path: Path) -> None:
    """Splits, tags, sizes, pairs of tags, and a photo that is none."""
    rows = [f"images/p{number:02d}.png,{'cat;[dog]' if number % 2 else ''},train"
            for number in range(20)]
    (tmp_path / "tags.csv").write_text("image,tags,split\n" + "\n".join(rows), encoding="utf-8")
    (tmp_path / "images").mkdir()
    for number in range(19):
        Image.new("RGB", (9, 7)).save(tmp_path / "images" / f"p{number:02d}.png")
    (tmp_path / "images" / "p19.png").write_text("no picture")
    result = typed("inspect", tmp_path, "--workers", 1, "--quiet")
    assert result.exit_code == 0, result.output
    for shown in ("19 photos", "9 x 7", "cat", "[dog]", "100%", "p19", "(left out)", "train"):
        assert shown in result.stdout


def test_inspect_of_nothing_is_a_mistake(typed: Typed, tmp_path: Path) -> None:
    """The reader's own sentence reaches the person."""
    result = typed("inspect", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert "nowhere" in result.stderr


def test_doctor_always_ends_well(typed: Typed) -> None:
    """Whatever is missing."""
    result = typed("doctor")
    assert result.exit_code == 0, result.output
    for shown in ("Python", "cores", "memory", "GPU", "ImageNet weights"):
        assert shown in result.stdout


def test_help_is_one_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 80 x 24: every command, the stages as one group in their order."""
    from tag2mask.cli import app

    monkeypatch.setenv("COLUMNS", "80")
    lines = CliRunner().invoke(app, ["--help"]).stdout.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    rows = {line.split()[0] for line in lines if line.startswith("  ")}
    assert {"run", "demo", "predict", "inspect", "push", "doctor"} <= rows
    assert "  formats, models, strategies, methods" in lines
    assert f"  {', '.join(stage.name for stage in STAGES)}" in lines
    assert "--install-completion" in lines[-1]


def test_version_is_printed(typed: Typed) -> None:
    """With the program's name."""
    assert typed("--version").stdout == f"tag2mask {__version__}\n"


@pytest.mark.parametrize("command", [
    "run", "demo", "predict", "explain", "inspect", "compare", *(stage.name for stage in STAGES),
])
def test_common_options_are_the_same_everywhere(command: str, typed: Typed) -> None:
    """Wherever something is computed."""
    shown = typed(command, "--help").stdout
    seeded = command not in ("predict", "explain", "compare")  # trained before, or --seeds
    reading = command != "explain"  # one photo needs no threads
    for option in ("--quiet", "-q", "--verbose", "-v", "--device", *["--seed"] * seeded,
                   *["--workers"] * reading):
        assert f"{option} " in shown, option


def test_completion_knows_the_commands() -> None:
    """As a shell asks for them."""
    from tag2mask.cli import app

    asked = {"_TAG2MASK_COMPLETE": "complete_bash", "COMP_WORDS": "tag2mask pre", "COMP_CWORD": "1"}
    result = CliRunner().invoke(app, [], prog_name="tag2mask", env=asked)
    assert result.stdout.split() == ["predict"]


def test_the_package_runs_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m tag2mask`."""
    monkeypatch.setattr(sys, "argv", ["tag2mask", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("tag2mask", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"tag2mask {__version__}\n"


def test_metrics_of_the_fake_are_json() -> None:
    """The fake stays what a run folder holds."""
    assert json.loads(json.dumps(METRICS)) == METRICS
