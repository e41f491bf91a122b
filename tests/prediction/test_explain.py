"""One photo becomes one picture: itself, and a map per class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.core.json_fields import to_json
from tag2mask.core.json_records import write_record
from tag2mask.prediction.explain import (
    Explainer,
    choose_explainer,
    explain_photo,
    explainer_of_foreign,
    save_picture,
    usual_method,
)
from tag2mask.run_folder.context import record_file
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import ActivateAbout, StageRecord


@pytest.fixture(scope="module")
def explainer(tmp_path_factory: pytest.TempPathFactory) -> Explainer:
    """The packaged classifier, with names for its thousand classes."""
    names = tmp_path_factory.mktemp("names") / "names.txt"
    names.write_text("\n".join(f"thing {index}" for index in range(1000)), encoding="utf-8")
    return explainer_of_foreign("efficientnet_lite0", "pretrained", names=names, long_side=64)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo, wider than high."""
    pixels = np.random.default_rng(0).integers(0, 255, (48, 80, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


@pytest.mark.parametrize(("options", "columns"), [
    ({}, 4), ({"classes": ["thing 3", "7"], "picture": "contour"}, 3),
    ({"classes": ["thing 3"], "layers": ["backbone.blocks.10"], "method": "layer_cam"}, 2),
])
def test_a_picture_has_a_column_for_the_photo_and_one_per_class(
    explainer: Explainer, photo: Path, options: dict[str, object], columns: int
) -> None:
    """The surest three where none is named."""
    drawn = explain_photo(explainer, photo, **options)
    assert drawn.width == 8 + columns * 328


def test_mistakes_are_told(explainer: Explainer, photo: Path) -> None:
    """By the thing's own name."""
    for options, told in [
        ({"classes": ["thing 03"]}, "did you mean thing"), ({"classes": ["1000"]}, "no class"),
        ({"classes": ["²"]}, "no class"), ({"classes": ["1" * 5000]}, "no class"),
        ({"picture": "oil"}, "heat, contour"), ({"method": "attention"}, "no self-attention"),
        ({"layers": ["backbone.block.1"]}, "did you mean backbone.blocks"),
        ({"layers": ["backbone.blocks.1"], "method": "attention"}, "blocks.1 would be ignored"),
    ]:
        with pytest.raises(InputError, match=told):
            explain_photo(explainer, photo, **options)
    with pytest.raises(InputError, match="either --run"):
        choose_explainer(run=None, model=None, weights="pretrained", names=None, long_side=64)
    with pytest.raises(InputError, match="does not exist"):
        explainer_of_foreign("efficientnet_lite0", "pretrained", names=photo.parent / "lost")
    (photo.parent / "names.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(InputError, match=r"names\.txt is not in UTF-8"):
        explainer_of_foreign("efficientnet_lite0", "pretrained", names=photo.parent / "names.txt")


@pytest.mark.parametrize(("options", "named"), [
    ({"weights": "a.pth"}, "--weights would be ignored with --run"),
    ({"names": Path("a.txt"), "long_side": 64}, "--names and --long-side would be ignored"),
])
def test_options_of_a_foreign_model_are_refused_with_a_run(
    tmp_path: Path, options: dict[str, Any], named: str
) -> None:
    """The classifier of a run has weights, names and a size of its own."""
    given: dict[str, Any] = {"weights": "pretrained", "names": None, "long_side": None}
    with pytest.raises(InputError, match=named):
        choose_explainer(run=tmp_path, model=None, **(given | options))


def test_a_folder_in_the_place_of_the_picture_is_refused(tmp_path: Path) -> None:
    """As `--out` of other commands is one."""
    with pytest.raises(InputError, match="is a folder; give the name of a file in it"):
        save_picture(Image.new("RGB", (5, 4)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_default_is_the_method_of_the_run(tmp_path: Path) -> None:
    """So that `explain` shows the maps that the masks were made of."""
    assert usual_method(None) == "grad_cam"
    assert usual_method(tmp_path) == "grad_cam"
    about = ActivateAbout(scales=(1.0,), flip=True, method="layer_cam", strategy=(), pretraining="")
    record = StageRecord(fingerprint="x", done=True, seconds=1, peak_memory_mb=1, warnings=())
    write_record(record_file(RunFolder(tmp_path), "activate"), record, about=to_json(about))
    assert usual_method(tmp_path) == "layer_cam"
