"""Clicks: the region that looks alike follows, and nothing else changes."""

from __future__ import annotations

import heapq

import numpy as np
import pytest

import tag2mask
from tag2mask.crf.click_regions import Click, propose
from tag2mask.crf.photo_regions import PhotoRegions, divide_photo
from tag2mask.crf.region_growing import grow_regions
from tag2mask.crf.region_walk import connected, geodesic, settle

SIZE = (60, 90)


def two_things() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw a red and a blue box on grey noise, and give the masks of both boxes."""
    rng = np.random.default_rng(0)
    image = rng.integers(120, 136, (*SIZE, 3)).astype(np.uint8)
    red, blue = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    red[12:40, 8:36] = True
    blue[20:50, 55:80] = True
    image[red] = image[red] // 4 + np.array([160, 10, 10], np.uint8)
    image[blue] = image[blue] // 4 + np.array([10, 10, 160], np.uint8)
    return image, red, blue


@pytest.fixture(scope="module")
def regions() -> PhotoRegions:
    """Divide the drawn photo once."""
    return divide_photo(two_things()[0], count=200)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """Return the intersection over the union."""
    return float((one & other).sum() / (one | other).sum())


def test_a_click_takes_its_thing_and_a_second_adds_another(regions: PhotoRegions) -> None:
    """From nothing, without scores."""
    image, red, blue = two_things()
    clicks = [Click(25, 20), Click(2, 2, positive=False)]
    assert iou(propose(image, None, clicks, regions=regions), red) > 0.9
    both = propose(image, None, [*clicks, Click(35, 66)], regions=regions)
    assert iou(both, red | blue) > 0.9


def test_a_negative_click_removes_only_its_thing(regions: PhotoRegions) -> None:
    """The other box stays exactly as a person drew it, however odd."""
    image, red, blue = two_things()
    drawn = blue.copy()
    drawn[30:34, 60:64] = False
    left = propose(image, None, [Click(25, 20, positive=False)], present=red | drawn,
                   regions=regions)
    assert np.array_equal(left[:, 50:], drawn[:, 50:])
    assert left[red].mean() < 0.05


def test_a_click_improves_the_whole_of_a_draft_only_if_asked_to(regions: PhotoRegions) -> None:
    """Both boxes have ragged borders; the click is on the left one."""
    image, red, blue = two_things()
    draft = red | blue
    draft[12:40, 33:36], draft[12:18, 8:20] = False, False
    draft[50:53, 56:79], draft[24:40, 52:55] = True, True
    part = propose(image, None, [Click(14, 10)], present=draft, regions=regions)
    whole = propose(image, None, [Click(14, 10)], present=draft, regions=regions, whole=True)
    assert iou(part[:, :45], red[:, :45]) > 0.95
    assert np.array_equal(part[:, 45:], draft[:, 45:])
    assert iou(whole, red | blue) > 0.95 > iou(draft, red | blue)


@pytest.mark.parametrize("scale", [1, 2, 5])
def test_a_click_on_one_part_does_not_shrink_another(scale: int) -> None:
    """Whatever the size of the photo: on small ones a part is only a few regions wide."""
    image = np.random.default_rng(0).integers(100, 130, (40, 60, 3)).astype(np.uint8)
    draft = np.zeros((40, 60), bool)
    for left in (4, 36):
        image[8:32, left:left + 20] = 220, 30, 30
        draft[12:28, left + 4:left + 16] = True
    image, draft = (plane.repeat(scale, 0).repeat(scale, 1) for plane in (image, draft))
    after = propose(image, None, [Click(9 * scale, 14 * scale)], present=draft, whole=True)
    assert after[8 * scale:32 * scale, 4 * scale:24 * scale].mean() > 0.95
    assert after[:, 30 * scale:].sum() >= 0.97 * draft[:, 30 * scale:].sum()


def test_one_click_draws_the_whole_border_to_the_edge(regions: PhotoRegions) -> None:
    """Not only where the click is."""
    image, red, _ = two_things()
    narrow = np.zeros_like(red)
    narrow[16:36, 12:32] = True
    fixed = propose(image, None, [Click(14, 22)], present=narrow, regions=regions)
    assert iou(narrow, red) < 0.6
    assert iou(fixed, red) > 0.95


def test_the_last_click_decides_which_part_may_change(regions: PhotoRegions) -> None:
    """Also if its region was clicked before."""
    image, red, blue = two_things()
    draft = red | blue
    draft[30:40, 8:36], draft[44:50, 55:80] = False, False
    clicks = [Click(35, 20), Click(47, 66), Click(35, 20)]
    fixed = propose(image, None, clicks, present=draft, regions=regions)
    assert iou(fixed[:, :45], red[:, :45]) > 0.95


def test_a_removed_part_leaves_no_crumbs(regions: PhotoRegions) -> None:
    """Nor does a part that grows keep holes where regions were half covered."""
    image, _, blue = two_things()
    drawn = blue.copy()
    drawn[3:11, 40:51] = True
    left = propose(image, None, [Click(7, 45, positive=False)], present=drawn, regions=regions)
    assert not left[:15].any()
    assert np.array_equal(left[15:], drawn[15:])


def test_a_negative_click_removes_a_large_wrong_area() -> None:
    """The mask covers a sky far beyond the reach of a click, and a thing on it that stays."""
    rng = np.random.default_rng(5)
    image = rng.integers(170, 200, (120, 180, 3)).astype(np.uint8)
    thing = np.zeros((120, 180), bool)
    thing[50:90, 100:150] = True
    image[thing] = 150, 40, 30
    present = np.zeros_like(thing)
    present[20:120] = True
    left = propose(image, None, [Click(100, 30, positive=False)], present=present)
    assert left[thing].mean() > 0.95
    assert left[~thing].mean() < 0.05


def test_no_click_changes_nothing(regions: PhotoRegions) -> None:
    """The present mask is returned, or what the scores decide, at the photo's size."""
    image, red, _ = two_things()
    assert np.array_equal(propose(image, None, [], present=red, regions=regions), red)
    small = red[::2, ::2].astype(np.float32)
    assert iou(propose(image, small, [], regions=regions), red) > 0.9


def test_the_later_click_on_a_place_counts(regions: PhotoRegions) -> None:
    """A person who changes their mind is not outvoted by themselves."""
    image, red, _ = two_things()
    clicks = [Click(25, 20), Click(25, 20, positive=False)]
    assert not propose(image, None, clicks, regions=regions)[25, 20]
    assert propose(image, None, clicks[::-1], present=red, regions=regions)[25, 20]


def test_scores_speak_where_clicks_do_not_decide(regions: PhotoRegions) -> None:
    """The same click spreads further over a thing that the scores believe in."""
    image, red, _ = two_things()
    clicks = [Click(13, 9)]
    weak = propose(image, None, clicks, regions=regions, present=np.zeros(SIZE, bool))
    strong = propose(image, red.astype(np.float32), clicks, regions=regions)
    assert strong[red].sum() >= weak[red].sum()
    assert strong[red].mean() > 0.95


def test_inputs_stay_untouched_and_faults_are_named(regions: PhotoRegions) -> None:
    """Wrong sizes and clicks outside are the caller's fault."""
    image, red, _ = two_things()
    before = red.copy()
    propose(image, None, [Click(50, 85)], present=red, regions=regions)
    assert np.array_equal(red, before)
    with pytest.raises(ValueError, match="outside of a photo"):
        propose(image, None, [Click(60, 3)], regions=regions)
    with pytest.raises(ValueError, match="present mask must be"):
        propose(image, None, [], present=red.T, regions=regions)


def test_features_tell_apart_what_colours_do_not() -> None:
    """Two halves of one colour: a click stays in its half where features differ."""
    image = np.full((*SIZE, 3), 128, np.uint8)
    features = np.zeros((2, 30, 45), np.float32)
    features[0, :, :25], features[1, :, 25:] = 1, 1
    plain = divide_photo(image, count=200)
    helped = divide_photo(image, count=200, features=features)
    left = np.zeros(SIZE, bool)
    left[:, :50] = True
    clicks = [Click(30, 10), Click(30, 60, positive=False)]
    results = [iou(propose(image, None, clicks, regions=r), left) for r in (plain, helped)]
    assert results[0] < 0.8
    assert results[1] > 0.85


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (33, 48)])
def test_regions_cover_any_photo_and_are_connected(size: tuple[int, int]) -> None:
    """Each is one piece; the literal reading is a flood fill per region."""
    rng = np.random.default_rng(1)
    labels = grow_regions(rng.random((*size, 3)).astype(np.float32), 12)
    assert labels.shape == size
    assert sorted(np.unique(labels)) == list(range(labels.max() + 1))
    for region in range(labels.max() + 1):
        cells = {tuple(cell) for cell in np.argwhere(labels == region)}
        reached, waiting = set(), [min(cells)]
        while waiting:
            y, x = waiting.pop()
            if (y, x) in cells - reached:
                reached.add((y, x))
                waiting += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
        assert reached == cells


def test_distances_are_those_of_dijkstra(regions: PhotoRegions) -> None:
    """The slow literal reading, with Python's own heap."""
    far = np.full(len(regions.sizes), np.inf)
    far[17], waiting = 0, [(0.0, 17)]
    while waiting:
        way, i = heapq.heappop(waiting)
        for place in range(regions.starts[i], regions.starts[i + 1]):
            j, total = int(regions.neighbours[place]), way + regions.contrasts[place] + 0.1
            if total < far[j]:
                far[j] = total
                heapq.heappush(waiting, (float(total), j))
    assert np.allclose(geodesic(regions, 17, 0.1, np.inf), far, rtol=1e-4)
    near = geodesic(regions, 17, 0.1, 5.0)
    assert np.array_equal(np.isfinite(near), far <= 5.0)


def test_connected_regions_are_those_of_a_flood(regions: PhotoRegions) -> None:
    """The slow literal reading, over sets."""
    allowed = np.random.default_rng(3).random(len(regions.sizes)) < 0.6
    reached, waiting = {5}, [5]
    while waiting:
        i = waiting.pop()
        for j in regions.neighbours[regions.starts[i]:regions.starts[i + 1]]:
            if allowed[j] and j not in reached:
                reached.add(int(j))
                waiting.append(int(j))
    found = connected(regions, 5, allowed)
    assert set(np.flatnonzero(found)) == reached
    assert 1 < len(reached) < len(found)


def test_settling_solves_the_linear_system(regions: PhotoRegions) -> None:
    """The slow literal reading: all equations at once, as a dense matrix."""
    number = len(regions.sizes)
    rng = np.random.default_rng(2)
    wanted, pull = rng.random(number).astype(np.float32), np.full(number, 0.7, np.float32)
    fixed = np.full(number, -1, np.int8)
    fixed[[3, 40]] = 1, 0
    matrix, right = np.diag(pull.astype(np.float64)), (pull * wanted).astype(np.float64)
    for i in range(number):
        for place in range(regions.starts[i], regions.starts[i + 1]):
            tie = 0.05 * regions.borders[place] * np.exp(-0.5 * regions.contrasts[place])
            matrix[i, i] += tie
            matrix[i, regions.neighbours[place]] -= tie
    for i in (3, 40):
        matrix[i], matrix[i, i], right[i] = 0, 1, fixed[i]
    solved = settle(regions, wanted, pull, fixed, 0.05, sweeps=400)
    assert np.allclose(solved, np.linalg.solve(matrix, right), atol=1e-4)


def test_a_large_photo_is_divided_on_a_smaller_one_with_sharp_borders() -> None:
    """Borders are those of the photo, not of the grid that regions were grown on."""
    image = np.full((450, 620, 3), 90, np.uint8)
    true = np.zeros((450, 620), bool)
    true[101:303, 57:411] = True
    image[true] = 200
    regions = divide_photo(image, count=300)
    assert regions.labels.shape == true.shape != regions.grid.shape
    clicks = [Click(200, 200), Click(20, 500, positive=False)]
    assert iou(propose(image, None, clicks, regions=regions), true) > 0.99


def test_a_small_defect_does_not_take_the_ground_along() -> None:
    """Its edge is sharper than where a wider region would end."""
    ground = np.linspace(90, 120, SIZE[1])[None, :, None] + np.zeros((*SIZE, 3))
    defect = np.zeros(SIZE, bool)
    defect[28:36, 40:52] = True
    ground[defect] = 60
    found = propose(ground.astype(np.uint8), None, [Click(32, 46)])
    assert iou(found, defect) > 0.8


def test_it_is_public() -> None:
    """For use from Python."""
    assert tag2mask.propose is propose
    assert tag2mask.Click is Click
