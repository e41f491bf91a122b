"""Class colours can be told apart and seen; the ramp reads in grey."""

from __future__ import annotations

import numpy as np

from tag2mask.pictures.colours import class_colours, css, oklab, ramp


def test_eighty_classes_differ_and_none_is_dark() -> None:
    """The eye can still part 80 classes, and each stands out from shadow."""
    places = oklab(class_colours()[1:81])
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1) + np.eye(80)
    assert gaps.min() > 0.03
    assert places[:, 0].min() > 0.5


def test_a_class_keeps_its_colour_when_more_are_added() -> None:
    """Pictures of two data sets agree on the classes that they share."""
    few, many = class_colours(12), class_colours(200)
    assert np.array_equal(few[:12], many[:12])
    assert np.array_equal(few[12], few[255])


def test_background_is_black_and_one_label_is_allowed() -> None:
    """The smallest and the largest number of labels have colours."""
    assert class_colours(1)[0].tolist() == [0, 0, 0]
    assert class_colours(256).shape == (256, 3)


def test_ramp_grows_lighter_all_the_way_and_stands_nan() -> None:
    """A map can be read by lightness alone; odd numbers take the ends."""
    lightness = oklab(ramp(np.linspace(0, 1, 50)))[:, 0]
    assert (np.diff(lightness) > 0).all()
    assert np.array_equal(ramp(np.array([np.nan, -1.0, 2.0])), ramp(np.array([0.0, 0.0, 1.0])))


def test_css() -> None:
    """Colours come out as style sheets write them."""
    assert css(np.array([255, 0, 16], np.uint8)) == "#ff0010"
