"""A photo of any size gets a mask of its own size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.dataset import Dataset
from tag2mask.prediction.outputs import Output
from tag2mask.prediction.predictor import Predictor, View, load_predictor
from tag2mask.prediction.runtimes import GRID
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.segmenter_spec import SegmenterSpec

SPEC = SegmenterSpec(
    model="unet", backbone="efficientnet_lite0", output_stride=16, long_side=96,
    classes=("cat", "dog"),
)


class ByColour:
    """Stands in for an exported network: red is a cat, green a dog, dark the background."""

    def __init__(self) -> None:
        """Remember what was asked."""
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, images: np.ndarray) -> Output:
        """Give the colours themselves as logits."""
        self.shapes.append(images.shape)
        assert images.dtype == np.float32
        background = np.full_like(images[:, :1], -0.2)
        return Output(np.concatenate([background, images[:, 0:1], images[:, 1:2]], 1))


@pytest.fixture
def network() -> Predictor:
    """A predictor over the stand-in."""
    return Predictor(ByColour(), SPEC)


def photo_of(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a photo with a red corner and a green band, and its mask."""
    mask = np.zeros((height, width), np.uint8)
    mask[: height // 2, : width // 2] = 1
    mask[height - height // 4 :] = 2
    colours = np.array([[20, 20, 20], [250, 20, 20], [20, 250, 20]], np.uint8)
    return colours[mask], mask


@pytest.mark.parametrize("size", [
    (1, 1), (1, 50), (50, 1), (2, 3), (31, 33), (96, 64), (200, 150), (1, 4000), (4000, 1),
    (1500, 800),
])
def test_every_size_comes_back(network: Predictor, size: tuple[int, int]) -> None:
    """The network reads multiples of its grid; the mask is the photo's size."""
    photo, wanted = photo_of(*size)
    mask = network.predict(photo)
    assert mask.shape == size
    assert mask.dtype == np.uint8
    (_, _, height, width), = network.network.shapes
    assert height % GRID == width % GRID == 0
    assert max(height, width) == SPEC.long_side
    if min(size) > 10:
        assert (mask != wanted).mean() < 0.03


def test_the_mask_is_not_shifted(network: Predictor) -> None:
    """A mirrored or turned photo gives the mirrored or turned mask."""
    photo, _ = photo_of(77, 130)
    mask = network.predict(photo)
    for turn in (np.fliplr, np.flipud, lambda array: array.swapaxes(0, 1)):
        turned = network.predict(np.ascontiguousarray(turn(photo)))
        assert (turned != turn(mask)).mean() < 0.01


def test_a_large_photo_is_read_in_tiles_of_one_size() -> None:
    """That its own size asks for; the mask is the one that a look at the whole photo gives."""
    network = ByColour()
    photo, wanted = photo_of(900, 1300)
    mask = Predictor(network, SPEC, View(long_side=1300)).predict(photo)
    np.testing.assert_array_equal(mask, wanted)
    assert set(network.shapes) == {(1, 3, 512, 512)}
    assert len(network.shapes) == 3 * 4


def test_scales_and_the_mirror_image_are_averaged() -> None:
    """Each is looked at once; what they agree on stays."""
    network = ByColour()
    photo, _ = photo_of(77, 130)
    plain = Predictor(ByColour(), SPEC).predict(photo)
    mask = Predictor(network, SPEC, View(scales=(1, 1.5), flip=True)).predict(photo)
    assert network.shapes == [(2, 3, 64, 96), (2, 3, 96, 160)]
    assert (mask != plain).mean() < 0.02


class FirstColumn:
    """Stands in for a network that says dog at its own left side and cat elsewhere."""

    def __call__(self, images: np.ndarray) -> Output:
        """Look at nothing but the position."""
        logits = np.zeros((len(images), 3, *images.shape[2:]), np.float32)
        logits[:, 1] = 1
        logits[:, 2, :, : SPEC.long_side // 4] = 2.5
        return Output(logits)


def test_what_the_mirror_image_shows_is_turned_back() -> None:
    """So a network that sees sides sees both, and half of a lead is none."""
    photo = np.zeros((96, 96, 3), np.uint8)
    plain = Predictor(FirstColumn(), SPEC).predict(photo)
    assert (plain[:, :24] == 2).all()
    assert (plain[:, 24:] == 1).all()
    both = Predictor(FirstColumn(), SPEC, View(flip=True)).predict(photo)
    assert (both[:, :24] == 2).all()
    assert (both[:, 24:72] == 1).all()
    assert (both[:, 72:] == 2).all()


@pytest.mark.parametrize("view", [
    {"scales": ()}, {"scales": (0.0,)}, {"scales": (1.0, -1.0)}, {"scales": (float("nan"),)},
    {"long_side": 0},
])
def test_a_view_of_nothing_is_refused(view: dict[str, Any]) -> None:
    """Before any photo is read."""
    with pytest.raises(InputError, match=r"pixels from 1 to 16384|numbers from 0\.1 to 8"):
        View(**view)


def test_a_file_is_read_upright(network: Predictor, tmp_path: Path) -> None:
    """The mask belongs to the photo as a person sees it."""
    photo, _ = photo_of(40, 60)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photo).rotate(90, expand=True).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(
        network.predict_file(tmp_path / "a.png"), network.predict(photo)
    )


def identity_onnx(path: Path, about: dict[str, str]) -> None:
    """Write a network that gives back what it is given."""
    shape: list[Any] = ["b", 3, "h", "w"]
    ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
            for name in ("images", "logits")]
    node = onnx.helper.make_node("Identity", ["images"], ["logits"])
    graph = onnx.helper.make_graph([node], "same", ends[:1], ends[1:])
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8
    )
    onnx.helper.set_model_props(model, about)
    path.parent.mkdir(parents=True)
    onnx.save(model, path)


def test_a_run_is_loaded_with_its_names(tmp_path: Path) -> None:
    """From the file alone."""
    identity_onnx(tmp_path / "segmenter" / "model.onnx", SPEC.to_header())
    found = load_predictor(tmp_path)
    assert found.spec == SPEC
    assert found.predict(photo_of(20, 30)[0]).shape == (20, 30)


def test_a_missing_or_damaged_network_is_told(tmp_path: Path) -> None:
    """With the command that makes a new one; a folder that is no run is called so."""
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(InputError, match=r"is no run folder: it has no data\.json"):
        load_predictor(run)
    with pytest.raises(InputError, match="is no run folder: it does not exist"):
        load_predictor(tmp_path / "runs")
    write_dataset(RunFolder(run), Dataset(root=run, layout="x", classes=(), photos=()))
    with pytest.raises(InputError, match=f"did you mean {run}"):
        load_predictor(tmp_path)
    with pytest.raises(InputError, match=r"no segmentation network yet; run `tag2mask segment"):
        load_predictor(run)
    identity_onnx(run / "segmenter" / "model.onnx", {"model": "unet"})
    with pytest.raises(InputError, match=r"model\.onnx is damaged or was not written by tag2mask"):
        load_predictor(run)
    (run / "segmenter" / "model.onnx").write_bytes(b"text")
    with pytest.raises(InputError, match="is damaged"):
        load_predictor(run)
