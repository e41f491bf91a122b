"""The dense CRF against the sum over all pairs, its invariances, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from brute_force import blobs, mean_field, softmax
from PIL import Image, ImageFilter

from tag2mask.core.contracts import InputError
from tag2mask.crf.crf_inference import PRESETS, infer
from tag2mask.crf.field import Field
from tag2mask.crf.mean_field_torch import mean_field_torch
from tag2mask.sharpening import create_sharpener
from tag2mask.sharpening.dense_crf import DenseCRF, dense_crf

GAUSSIAN, BILATERAL = (3.0, 3.0), (25.0, 30.0, 5.0)


@pytest.mark.parametrize("labels", [2, 3, 4, 6, 10, 21])
def test_it_is_near_the_sum_over_all_pairs(labels: int) -> None:
    """For every number of labels that is worked on in another way; H and W differ."""
    image, probs = blobs(25, 37, labels, seed=labels)
    ours = dense_crf(image, probs, gaussian=GAUSSIAN, bilateral=BILATERAL, iterations=5)
    exact = mean_field(image, -np.log(np.clip(probs, 1e-5, 1)), GAUSSIAN, BILATERAL, 5)
    assert ours.shape == exact.shape
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours.sum(0), 1, atol=1e-4)
    assert np.abs(ours - exact).mean() < 1e-2  # what the lattice itself is off by
    assert (ours.argmax(0) == exact.argmax(0)).mean() > 0.98


def test_the_position_kernel_alone_is_exact() -> None:
    """There the lattice has no part."""
    image, probs = blobs(20, 33, 3)
    ours = dense_crf(image, probs, gaussian=(2.5, 4), bilateral=(20, 13, 0), iterations=4)
    exact = mean_field(image, -np.log(np.clip(probs, 1e-5, 1)), (2.5, 4), (20, 13, 0), 4)
    np.testing.assert_allclose(ours, exact, atol=5e-4)


def field(height: int, width: int, labels: int, *, seed: int = 0) -> Field:
    """Return the CRF of a drawn image."""
    image, probs = blobs(height, width, labels, seed=seed)
    return Field(image=image, unary=-np.log(probs), gaussian=GAUSSIAN, bilateral=BILATERAL)


DEVICES = ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("labels", [2, 5])
def test_torch_gives_the_same(labels: int, device: str) -> None:
    """The way that a GPU takes, here on the CPU."""
    one = field(30, 41, labels)
    [other] = mean_field_torch([one], iterations=5, device=torch.device(device))
    [ours] = infer([one], iterations=5, device=torch.device("cpu"))
    assert np.abs(ours - other).mean() < 5e-3
    assert (ours.argmax(0) == other.argmax(0)).mean() > 0.99


@pytest.mark.parametrize("device", DEVICES)
def test_photos_that_are_computed_at_once_do_not_see_each_other(device: str) -> None:
    """Of different sizes, numbers of labels and kernels; the second has colours of the first."""
    fields = [
        field(30, 41, 2), field(12, 17, 5, seed=1), field(30, 41, 1),
        replace(field(23, 9, 3, seed=2), gaussian=(1.5, 5), bilateral=(9, 30, 2)),
    ]
    many = mean_field_torch(fields, iterations=5, device=torch.device(device))
    for one, found in zip(fields, many, strict=True):
        [alone] = mean_field_torch([one], iterations=5, device=torch.device(device))
        assert found.shape == one.unary.shape
        np.testing.assert_allclose(found, alone, atol=1e-5)
        np.testing.assert_allclose(found.sum(0), 1, atol=1e-5)


def test_a_negative_number_of_iterations_is_refused() -> None:
    """Also where the check of the public function is not passed."""
    image, probs = blobs(9, 14, 2)
    with pytest.raises(InputError, match="iterations must be a whole number, 0 or more, not -1"):
        DenseCRF(iterations=-1)(image, probs, device=torch.device("cpu"))


def test_many_photos_get_what_each_gets_alone() -> None:
    """In their order; a grey one keeps its scores if only colours are to be used."""
    drawn = [blobs(20, 33, 3), blobs(14, 15, 2, seed=1), blobs(25, 12, 4, seed=2)]
    photos, scores = [image for image, _ in drawn], [probs for _, probs in drawn]
    photos[1] = np.repeat(photos[1][..., :1], 3, 2)
    for crf in (DenseCRF(), DenseCRF(colour_only=True), DenseCRF(preset="psa")):
        many = crf.many(photos, scores, device=torch.device("cpu"))
        for photo, own, found in zip(photos, scores, many, strict=True):
            np.testing.assert_array_equal(found, crf(photo, own, device=torch.device("cpu")))


@pytest.mark.parametrize("device", ["cpu", "meta"])  # which stands for a GPU
def test_grey_photos_alone_keep_their_scores(device: str) -> None:
    """Where only colours are to be used: then nothing is left to compute."""
    image, probs = blobs(14, 15, 2)
    grey = np.repeat(image[..., :1], 3, 2)
    crf = DenseCRF(colour_only=True)
    assert crf(grey, probs, device=torch.device(device)) is probs
    many = crf.many([grey, grey], [probs, probs], device=torch.device(device))
    assert [own is probs for own in many] == [True, True]


def test_no_iteration_is_the_softmax() -> None:
    """Of the unary energies alone."""
    image, probs = blobs(9, 14, 3)
    np.testing.assert_allclose(dense_crf(image, probs, iterations=0), probs, atol=1e-5)


def test_labels_may_change_places() -> None:
    """None is special, though the last one is never carried."""
    image, probs = blobs(18, 26, 4)
    ours = dense_crf(image, probs, iterations=5)
    turned = dense_crf(image, probs[::-1].copy(), iterations=5)[::-1]
    np.testing.assert_allclose(ours, turned, atol=2e-3)


def test_it_follows_the_edge() -> None:
    """A blurred step becomes the photo's."""
    image = np.full((30, 40, 3), 50, np.uint8)
    image[:, 20:] = 200
    blurred = 1 / (1 + np.exp(-(np.arange(40) - 23) / 4))
    probs = np.stack([np.tile(1 - blurred, (30, 1)), np.tile(blurred, (30, 1))])
    labels = dense_crf(image, probs, iterations=10).argmax(0)
    assert (labels[:, :20] == 0).all()
    assert (labels[:, 20:] == 1).all()


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (1, 1), (2, 3)])
def test_thin_photos(shape: tuple[int, int]) -> None:
    """Of one row, one column, one pixel."""
    image = np.random.default_rng(0).integers(0, 255, (*shape, 3)).astype(np.uint8)
    probs = softmax(np.random.default_rng(1).normal(size=(3, *shape)))
    ours = dense_crf(image, probs, iterations=3)
    exact = mean_field(image, -np.log(probs), (3, 3), (80, 13, 10), 3)
    assert np.abs(ours - exact).max() < 0.05


def test_one_label_and_grey_photos() -> None:
    """One label is certain; a grey photo is its own three channels."""
    image, probs = blobs(12, 15, 2)
    assert (dense_crf(image, np.ones((1, 12, 15))) == 1).all()
    grey = image[..., 0]
    both = [dense_crf(one, probs) for one in (grey, grey[..., None], grey[..., None].repeat(3, 2))]
    np.testing.assert_array_equal(both[0], both[1])
    np.testing.assert_array_equal(both[0], both[2])


def test_surely_certain_photos_stay_finite() -> None:
    """Probabilities of 0 and 1, and a photo of one colour."""
    probs = np.zeros((2, 20, 30), np.float32)
    probs[0, :, :15] = probs[1, :, 15:] = 1
    marginals = dense_crf(np.full((20, 30, 3), 128, np.uint8), probs)
    assert np.isfinite(marginals).all()
    np.testing.assert_allclose(marginals.sum(0), 1, atol=1e-4)


@pytest.mark.parametrize(("change", "told"), [
    ({"probs": np.full((2, 8, 9), np.nan)}, "NaN"),
    ({"probs": np.full((2, 8, 9), -0.5)}, "0 or more"),
    ({"probs": np.full((2, 8, 9), 3.0)}, "sum up to 1"),
    ({"probs": np.full((2, 9, 8), 0.5)}, r"probs must be \(L, 8, 9\)"),
    ({"image": np.zeros((8, 9, 3))}, "uint8"),
    ({"image": np.zeros((8, 9, 4), np.uint8)}, r"\(H, W, 3\)"),
    ({"gaussian": (0, 3)}, "gaussian wants widths over 0"),
    ({"bilateral": (80, -1, 10)}, "bilateral wants widths over 0"),
    ({"iterations": -1}, "iterations"),
])
def test_what_it_refuses(change: dict[str, object], told: str) -> None:
    """In one sentence that names the argument."""
    given = {"image": np.zeros((8, 9, 3), np.uint8), "probs": np.full((2, 8, 9), 0.5)} | change
    with pytest.raises(InputError, match=told):
        dense_crf(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", PRESETS)
def test_the_step_sharpens_scores(preset: str) -> None:
    """Rows stay in place, sizes too, and scores of an all-zero map stay background."""
    image, probs = blobs(40, 52, 3)
    sharp = DenseCRF(preset=preset)(image, probs, device=torch.device("cpu"))
    assert sharp.shape == probs.shape
    nothing = np.zeros((2, 40, 52), np.float32)
    nothing[0] = 0.6
    sharp = DenseCRF(preset=preset)(image, nothing, device=torch.device("cpu"))
    assert (sharp.argmax(0) == 0).all()


def test_grey_photos_get_a_third_of_the_weight_of_colours() -> None:
    """By default; a preset is taken as published."""
    image, probs = blobs(40, 52, 3)
    grey = image.mean(2, keepdims=True).astype(np.uint8).repeat(3, 2)
    near, (width, colours, weight) = PRESETS["irn"]
    third = DenseCRF(kernels=(near, (width, colours, weight / 3)))
    for photo, same, other in ((image, DenseCRF(preset="irn"), third),
                               (grey, third, DenseCRF(preset="irn"))):
        sharp = DenseCRF()(photo, probs, device=torch.device("cpu"))
        np.testing.assert_array_equal(sharp, same(photo, probs, device=torch.device("cpu")))
        assert (sharp != other(photo, probs, device=torch.device("cpu"))).any()


def test_a_step_for_photos_in_colour_leaves_grey_ones_as_they_are() -> None:
    """And sharpens the others as dense_crf does."""
    image, probs = blobs(24, 37, 2, seed=3)
    grey = np.repeat(image.mean(2, keepdims=True).astype(np.uint8), 3, 2)
    step, every = create_sharpener("dense_crf:colour"), create_sharpener("dense_crf")
    device = torch.device("cpu")
    np.testing.assert_array_equal(step(grey, probs, device=device), probs)
    np.testing.assert_array_equal(
        step(image, probs, device=device), every(image, probs, device=device))


def test_noisy_grey_photos_are_smoothed() -> None:
    """By default; photos in colour are taken as they are."""
    image, probs = blobs(40, 52, 3)
    noise = np.random.default_rng(0).normal(0, 25, (40, 52, 1))
    grey = np.clip(64 + 0.5 * image.mean(2, keepdims=True) + noise, 0, 255)
    noisy = grey.astype(np.uint8).repeat(3, 2)
    smooth = np.asarray(Image.fromarray(noisy).filter(ImageFilter.MedianFilter(3)))
    near, (width, colours, weight) = PRESETS["irn"]
    third = DenseCRF(kernels=(near, (width, colours, weight / 3)))
    device = torch.device("cpu")
    sharp = DenseCRF()(noisy, probs, device=device)
    np.testing.assert_array_equal(sharp, third(smooth, probs, device=device))
    assert (sharp != third(noisy, probs, device=device)).any()
    coloured = (noisy * (1, 0.5, 1) + image * (0, 0.5, 0)).astype(np.uint8)
    np.testing.assert_array_equal(
        DenseCRF()(coloured, probs, device=device),
        DenseCRF(preset="irn")(coloured, probs, device=device))


@pytest.mark.parametrize(("changed", "told"), [
    ({"image": np.zeros((5, 7, 3), np.float32)}, "multiply floats of 0 to 1 by 255"),
    ({"image": np.zeros((3, 5, 7), np.uint8)}, r"\(H, W, 3\), not \(3, 5, 7\)"),
    ({"image": "photo.jpg"}, "image is a str"), ({"probs": [[1], [1, 2]]}, "probs is a list"),
    ({"gaussian": (3,)}, "gaussian must be 2 numbers"), ({"iterations": 1.5}, "whole number"),
    ({"bilateral": 80}, "bilateral must be 3 numbers"),
])
def test_other_arguments_are_named(changed: dict[str, object], told: str) -> None:
    """In one sentence each."""
    given = {"image": np.zeros((5, 7, 3), np.uint8), "probs": np.full((2, 5, 7), 0.5), **changed}
    with pytest.raises(InputError, match=told):
        dense_crf(**given)  # type: ignore[arg-type]


def test_tensors_and_pil_images_are_read() -> None:
    """As the arrays that they hold."""
    image, probs = blobs(12, 17, 2)
    wanted = dense_crf(image, probs, iterations=1)
    found = dense_crf(Image.fromarray(image), torch.from_numpy(probs), iterations=1)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, wanted)
