"""Overlays, heat maps, outlines, grids and legends, down to photos of one pixel."""

from __future__ import annotations

import numpy as np
import pytest

from tag2mask.pictures.colours import class_colours
from tag2mask.pictures.overlays import contour, contours, grid, heat, legend, overlay

SIZES = [(48, 64), (64, 48), (1, 37), (37, 1), (1, 1), (2, 3)]


def grey(size: tuple[int, int]) -> np.ndarray:
    """Make a grey photo of (H, W)."""
    return np.full((*size, 3), 90, np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_overlay_keeps_the_size_and_the_inputs(size: tuple[int, int]) -> None:
    """Any photo comes back at its size, and nothing is written into the inputs."""
    image, mask = grey(size), np.zeros(size, np.uint8)
    mask[0, 0], mask[-1, -1] = 1, 255
    before = image.copy(), mask.copy()
    result = overlay(image, mask, classes=("cat",))
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    assert np.array_equal(image, before[0])
    assert np.array_equal(mask, before[1])


def test_overlay_tints_objects_outlines_them_and_leaves_the_background() -> None:
    """Tint inside, full colour at the edge, nothing outside."""
    image, mask = grey((20, 30)), np.zeros((20, 30), np.uint8)
    mask[5:15, 5:20] = 3
    result = overlay(image, mask, alpha=0.5)
    colour = class_colours()[3].astype(float)
    assert (result[0, 0] == 90).all()
    assert np.allclose(result[10, 10], (90 + colour) / 2, atol=1)
    assert np.array_equal(result[5, 5], class_colours()[3])


def test_undecided_pixels_are_striped_or_left() -> None:
    """Stripes leave most of the photo to be seen."""
    image, mask = grey((20, 30)), np.full((20, 30), 255, np.uint8)
    striped = (overlay(image, mask) != image).any(axis=-1)
    assert 0 < striped.mean() < 0.6
    assert np.array_equal(overlay(image, mask, hatch=False), image)


def test_overlay_stretches_a_smaller_mask_and_takes_other_integers() -> None:
    """A mask at another size is stretched without new labels."""
    mask = np.array([[0, 1]], np.int64)
    result = overlay(grey((8, 12)), mask)
    assert (result[:, :5] == 90).all()
    assert (result[:, 7:] != 90).any(axis=-1).all()


def test_names_are_written_inside_the_picture() -> None:
    """A long name at the rim is cut and moved in, not lost."""
    image, mask = grey((80, 120)), np.zeros((80, 120), np.uint8)
    mask[:, 110:] = 1
    plain = overlay(image, mask)
    named = overlay(image, mask, classes=("a name that is longer than the picture is wide",))
    assert (named != plain).any()
    assert np.array_equal(overlay(image, mask, classes=()), plain)


def test_labels_without_a_name_are_drawn_without_one() -> None:
    """A label beyond the names is no error."""
    mask = np.full((80, 120), 9, np.uint8)
    assert overlay(grey((80, 120)), mask, classes=("cat",)).shape == (80, 120, 3)


@pytest.mark.parametrize("size", SIZES)
def test_heat_keeps_the_size(size: tuple[int, int]) -> None:
    """A small map is stretched to any photo."""
    assert heat(grey(size), np.ones((3, 4), np.float16)).shape == (*size, 3)


def test_heat_is_yellow_where_high_and_blue_where_low_and_stands_nan() -> None:
    """The ramp runs the right way round."""
    result = heat(grey((10, 40)), np.array([[0.0, np.nan, 1.0, 1.0]]))
    assert result[5, 1, 2] > result[5, 1, 0]
    assert result[5, -1, 0] > result[5, -1, 2]


def test_contour_marks_both_sides_of_an_edge_only() -> None:
    """The rim of the picture is no edge."""
    mask = np.zeros((4, 6), np.uint8)
    mask[:, 3:] = 2
    edge = contour(mask)
    assert edge[:, 2:4].all()
    assert edge.sum() == 8
    assert not contour(np.ones((1, 1), np.uint8)).any()


def test_grid_holds_rows_of_different_lengths_and_sizes() -> None:
    """The sheet is as large as its longest row, and may be empty."""
    sheet = grid([[grey((48, 64)), grey((1, 9))], [grey((9, 1))]], titles=["photo", "a" * 90],
                 cell=40, gap=4)
    assert sheet.size == (4 + 2 * 44, 24 + 4 + 30 + 4 + 40 + 4)
    assert grid([]).size == (8, 8)


def test_legend_grows_with_its_classes_and_cuts_long_names() -> None:
    """The width stays, the height follows."""
    one, many = legend(["cat"], width=200), legend([f"class {i}" for i in range(30)], width=200)
    assert one.width == many.width == 200
    assert many.height > one.height
    assert legend(["x" * 400], labels=[1, 255], width=120).width == 120
    assert legend([]).height == 1


def test_contours_are_drawn_where_a_map_passes_a_level() -> None:
    """In the colour of that level, and nowhere else."""
    image, before = grey((40, 60)), grey((40, 60))
    values = np.zeros((40, 60), np.float32)
    values[:, 30:] = 1
    drawn = contours(image, values, levels=(0.5,))
    changed = (drawn != image).any(2)
    assert changed[:, 28:32].all()
    assert not changed[:, :27].any()
    assert not changed[:, 33:].any()
    assert np.array_equal(image, before)


@pytest.mark.parametrize("size", SIZES)
def test_contours_keep_the_size(size: tuple[int, int]) -> None:
    """Whatever the map's own size."""
    assert contours(grey(size), np.random.default_rng(0).random((3, 5))).shape == (*size, 3)
