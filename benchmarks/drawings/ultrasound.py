"""Drawn ultrasound scans of layered tissue with cysts, masses, both or neither."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from drawings.noise import Bools, Floats, Labels, Size, grid
from drawings.textures import Ellipse, bell, clouds, depth, smooth_noise, soft_step
from drawings.ultrasound_lesions import CYST, MASS, Tissue, add_cyst, add_mass, free_place

CLASSES = ("cyst", "mass")
SEED = 11
SIZES = ((300, 384), (256, 340), (360, 280), (320, 400))


def draw(rng: np.random.Generator) -> tuple[Floats, Labels]:
    """Draw a grey photo (H, W) and its mask: up to eight times, until all lesions are visible."""
    wanted: set[int] = set()
    for attempt in range(8):
        image, mask = _scan(rng)
        labels = set(np.unique(mask).tolist())
        wanted = wanted or labels
        # Other labels count only after four tries: what is hard to see would be rare otherwise.
        if (attempt >= 4 or labels == wanted) and _all_visible(image, mask):
            break
    return image, mask


def _all_visible(image: Floats, mask: Labels) -> bool:
    smooth = ndimage.gaussian_filter(image, 1)
    return all(_visible(smooth, mask, lesions == number) for label in (CYST, MASS)
               for lesions, count in [ndimage.label(mask == label)]
               for number in range(1, count + 1))


def _visible(image: Floats, mask: Labels, lesion: Bools) -> bool:
    """Whether a lesion, unless it is tiny, is brighter or darker than what is around it."""
    if lesion.sum() < 60:
        return True
    near = (ndimage.binary_dilation(lesion, iterations=14)
            & ~ndimage.binary_dilation(mask > 0, iterations=3) & (image > 8))
    if near.sum() < 30:
        return False
    around = image[near].mean()
    return bool(abs(image[lesion].mean() - around) >= max(11, .14 * around))


def _scan(rng: np.random.Generator) -> tuple[Floats, Labels]:
    size = SIZES[rng.integers(4)]
    tissue = Tissue(_healthy(rng, size), np.zeros(size), np.zeros(size, np.uint8))
    labels = [[], [CYST], [MASS], [CYST, MASS]][rng.choice(4, p=(.22, .3, .3, .18))]
    if labels and rng.random() < .25:
        labels = [*labels, int(rng.choice(labels))]
    sector = rng.random() < .45
    taken = np.zeros(size, bool)
    for label in labels:
        place = free_place(rng, taken, label, largest=.28 if len(labels) == 1 else .09,
                           margin=.28 if sector else .14)
        if place:
            ellipse, inside = place
            taken |= inside > -4
            tissue.mask[inside > 0] = label
            (add_cyst if label == CYST else add_mass)(rng, tissue, ellipse, inside)
    image = _speckled(rng, _with_shadows(rng, tissue))
    _cut(rng, image, tissue.mask, sector=sector)
    image = np.floor(np.clip(image, 0, 255))
    if rng.random() < .6:
        _add_ruler(image, tissue.mask)
    return image + rng.normal(0, 2.5, size), tissue.mask


def _healthy(rng: np.random.Generator, size: Size) -> Floats:
    """Return the echoes of layers of tissue, fibres, and lobules of fat, which are no class."""
    height, width = size
    rows, _ = grid(size)
    down = rows + clouds(rng, size, 90, 3, 1.6) * rng.uniform(5, 14)
    echo = np.full(size, rng.uniform(.36, .5))
    for edge in np.sort(rng.uniform(.05, .95, rng.integers(2, 6))) * height:
        echo = echo + rng.uniform(-.12, .12) * soft_step((down - edge) / rng.uniform(2, 10))
        if rng.random() < .6:
            line = rng.uniform(.08, .25) * bell((down - edge) / rng.uniform(1.2, 4))
            echo = echo + line * soft_step(smooth_noise(rng, size, 60) * 3 + .5)
    echo += .25 * bell(rows / rng.uniform(6, 16))
    echo += rng.uniform(.03, .07) * clouds(rng, size, 40, 4, 1.7)
    strength, fibres = rng.uniform(.05, .13), smooth_noise(rng, size, 7, 45)
    echo += strength * bell(fibres / .25) * soft_step(smooth_noise(rng, size, 50) * 3)
    for _ in range(rng.integers(0, 6)):
        radius = rng.uniform(8, 30)
        fat = depth(rng, size, Ellipse(rng.uniform(0, height), rng.uniform(0, width), radius * .6,
                                       radius * 1.4, rng.normal() * .3), .2)
        echo -= rng.uniform(.02, .09) * soft_step(fat / 4)
    return echo


def _with_shadows(rng: np.random.Generator, tissue: Tissue) -> Floats:
    """Return the echoes with shadows, and with the loss of sound on its way down."""
    height, width = size = tissue.mask.shape[0], tissue.mask.shape[1]
    rows, columns = grid(size)
    for _ in range(rng.integers(0, 3)):
        column, slope = rng.uniform(0, width), rng.normal() * .1
        streak = rng.uniform(.05, .2) * bell((columns - column - slope * rows)
                                             / rng.uniform(4, 22))
        tissue.behind -= streak * soft_step((rows - rng.uniform(0, height * .5)) / 8)
    echo = np.clip(tissue.echo + tissue.behind, .01, 1)
    loss = rng.uniform(0, .45) * (rows / height) ** rng.uniform(1, 2.5)
    return np.asarray(echo * (1 - loss) * (1 + .1 * smooth_noise(rng, size, height * .6)))


def _speckled(rng: np.random.Generator, echo: Floats) -> Floats:
    """Return a photo (H, W) of the echoes with speckle that is wider further down."""
    size = echo.shape[0], echo.shape[1]
    right, down = rng.uniform(1.1, 2.6), rng.uniform(.6, 1.1)
    waves = np.hypot(_grains(rng, size, down, right), _grains(rng, size, down, right)) / 1.25
    speckle = rng.uniform(.10, .17) * np.log(waves + .08) * (.35 + echo) * 1.3
    image = np.clip(echo + speckle + .02, 0, 1) ** rng.uniform(.85, 1.2)
    image = image * 255 * rng.uniform(.9, 1.25)
    return np.asarray(ndimage.gaussian_filter(image, rng.uniform(.3, .7)))


def _grains(rng: np.random.Generator, size: Size, down: float, right: float) -> Floats:
    values, (rows, _) = rng.standard_normal(size), grid(size)
    near = ndimage.gaussian_filter(values, (down, right))
    far = ndimage.gaussian_filter(values, (down, right * 1.8))
    share = rows / size[0]
    return np.asarray(near / near.std() * (1 - share) + far / far.std() * share)


def _cut(rng: np.random.Generator, image: Floats, mask: Labels, *, sector: bool) -> None:
    """Blacken what is outside the sector that a curved probe sees, or a border at both sides."""
    height, width = size = image.shape[0], image.shape[1]
    outside = np.zeros(size, bool)
    if sector:
        rows, columns = grid(size)
        probe = -rng.uniform(.35, .8) * height
        radius = np.hypot(rows - probe, columns - width / 2)
        angle = np.arctan2(columns - width / 2, rows - probe)
        outside = ~((abs(angle) < rng.uniform(.5, .62)) & (radius > -probe * 1.02)
                    & (radius < (height - probe) * .985))
    elif rng.random() < .4:
        border = rng.integers(6, 20)
        outside[:, :border] = outside[:, -border:] = True
    image[outside] = 4 if sector else 3
    mask[outside] = 0


def _add_ruler(image: Floats, mask: Labels) -> None:
    """Add the marks of a ruler at the right side, which are background."""
    height, width = image.shape
    for number in range(1, 9):
        mark = number * height // 9, slice(width - (7 if number % 2 == 0 else 4), None)
        image[mark], mask[mark] = 180, 0
