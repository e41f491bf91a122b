"""The embedded example: the same everywhere, exact, balanced, and as hard as it says."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tag2mask.core.contracts import InputError
from tag2mask.data.scenes import CLASSES, GROUNDS, SIZE, Scene, draw_scene, write_scenes
from tag2mask.data.scenes.coats import COATS, LOOKS

TINY, LARGE = (0, 1), (3, 4)
DIGESTS = {
    (0, 0): "d8db96a733e7ec34",
    (0, 4): "b7903fe97a14d819",
    (0, 8): "22744c87c14bc77d",
    (3, 11): "92dee4067a88ee6c",
}
"""By seed and index. Whoever changes these also raises `DRAWING` in writing.py."""


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    """Draw the first fifty pictures at the usual size."""
    return [draw_scene(index) for index in range(50)]


def digest(scene: Scene) -> str:
    """Hash everything a scene holds."""
    arrays = (scene.image, scene.mask, scene.parts)
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:16]


@pytest.mark.parametrize("key", sorted(DIGESTS))
def test_draws_the_same_on_every_machine(key: tuple[int, int]) -> None:
    """The pictures of a seed are fixed to the last bit."""
    seed, index = key
    assert digest(draw_scene(index, seed=seed)) == DIGESTS[key]


def test_pictures_do_not_depend_on_one_another(scenes: list[Scene]) -> None:
    """A picture is its number and its seed, not its turn."""
    assert digest(draw_scene(7)) == digest(scenes[7])
    assert digest(draw_scene(7, seed=1)) != digest(scenes[7])


def test_shapes_and_types(scenes: list[Scene]) -> None:
    """Height and width differ, so that nobody mixes them up."""
    height, width = SIZE
    assert height != width
    for scene in scenes:
        assert scene.image.shape == (height, width, 3)
        assert scene.mask.shape == scene.parts.shape == (height, width)
        assert scene.image.dtype == scene.mask.dtype == scene.parts.dtype == np.uint8


def test_tags_are_the_classes_in_the_mask(scenes: list[Scene]) -> None:
    """Tags say what is there; classes take turns."""
    for index, scene in enumerate(scenes):
        assert scene.tags == tuple(np.unique(scene.mask[scene.mask > 0]) - 1)
        assert index % len(CLASSES) in scene.tags
        assert len(scene.looks) == len(scene.tags)


def test_every_creature_shows_its_whole_telling_part(scenes: list[Scene]) -> None:
    """Creatures overlap, but never hide a discriminative part."""
    for scene in scenes:
        on_part = scene.parts > 0
        assert (scene.parts[on_part] == scene.mask[on_part]).all()
        assert scene.tags == tuple(np.unique(scene.parts[on_part]) - 1)
    areas = [area for scene in scenes for tag, area in part_areas(scene) if tag in TINY]
    assert min(areas) > 0.5 * float(np.median(areas))


def part_areas(scene: Scene) -> list[tuple[int, int]]:
    """Count the pixels of each discriminative part."""
    return [(tag, int(np.count_nonzero(scene.parts == tag + 1))) for tag in scene.tags]


def test_discriminative_parts_are_tiny_or_large_against_a_hiding_cell(scenes: list[Scene]) -> None:
    """Tiny ones fit in most cells of Hide-and-Seek, large ones reach out of the small."""
    cells = [side * SIZE[0] / 224 for side in (16, 32, 44, 56)]  # Hide-and-Seek's, scaled
    for scene in scenes:
        for tag in scene.tags:
            rows, columns = np.nonzero(scene.parts == tag + 1)
            extent = max(np.ptp(rows), np.ptp(columns)) + 1
            assert extent < cells[1] if tag in TINY else extent > cells[1] or tag not in LARGE


def test_discriminative_parts_are_a_small_share_of_the_body(scenes: list[Scene]) -> None:
    """Most of every creature says little about its class."""
    shares: dict[int, list[float]] = {tag: [] for tag in range(len(CLASSES))}
    for scene in scenes:
        for tag, area in part_areas(scene):
            shares[tag].append(area / np.count_nonzero(scene.mask == tag + 1))
    for tag, share in shares.items():
        assert (0.015 < np.mean(share) < 0.05) if tag in TINY else (0.05 < np.mean(share) < 0.2)


def test_mask_follows_what_is_seen() -> None:
    """A discriminative part's own colour lies inside its mask and nowhere else."""
    scene = draw_scene(2)
    red = (scene.image[..., 0] > 150) & (scene.image[..., 1] < 60) & (scene.image[..., 2] < 60)
    assert red.any()
    assert (scene.parts[red] == CLASSES.index("caphead") + 1).all()


def test_one_to_three_creatures_and_balanced_classes() -> None:
    """Classes, looks and numbers all come up often enough."""
    drawn = [draw_scene(index, size=(80, 104)) for index in range(150)]
    assert set(Counter(len(scene.tags) for scene in drawn)) == {1, 2, 3}
    counts = Counter(tag for scene in drawn for tag in scene.tags)
    assert max(counts.values()) < 1.4 * min(counts.values())
    looks = Counter((tag, look) for scene in drawn for tag, look in zip(scene.tags, scene.looks,
                                                                       strict=True))  # fmt: skip
    assert len(looks) == 2 * len(CLASSES)
    assert max(looks.values()) < 2.5 * min(looks.values())
    assert_water_goes_with_the_ringtail(drawn)


def assert_water_goes_with_the_ringtail(drawn: list[Scene]) -> None:
    """Water is mostly, but not only, where the ringtail is."""
    ringtail = CLASSES.index("ringtail")
    friends = [scene.ground == "water" for scene in drawn if ringtail in scene.tags]
    strangers = [scene.ground == "water" for scene in drawn if ringtail not in scene.tags]
    assert 0.6 < np.mean(friends) < 0.9
    assert 0.0 < np.mean(strangers) < 0.15
    assert {scene.ground for scene in drawn} == set(GROUNDS)


def test_no_coat_belongs_to_one_class() -> None:
    """Every coat is worn by two classes or more, and both looks of a class differ."""
    wearers = Counter(coat for looks in LOOKS for coat in looks)
    assert set(wearers) == set(range(len(COATS)))
    assert min(wearers.values()) >= 2
    assert all(first != second for first, second in LOOKS)


def test_other_sizes_and_one_too_small() -> None:
    """A tall picture works; one that would lose the tiny parts is refused."""
    scene = draw_scene(3, size=(200, 90))
    assert scene.image.shape == (200, 90, 3)
    assert scene.tags
    with pytest.raises(ValueError, match="too small"):
        draw_scene(0, size=(40, 60))


def test_writes_the_tags_csv_layout(tmp_path: Path) -> None:
    """What is on disk is what was drawn."""
    folder = write_scenes(tmp_path / "scenes", num_train=4, num_val=2, size=(80, 104))
    with (folder / "tags.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["split"] for row in rows] == ["train"] * 4 + ["val"] * 2
    assert (folder / "classes.txt").read_text().split() == ["background", *CLASSES]
    for index, row in enumerate(rows):
        scene, name = draw_scene(index, size=(80, 104)), Path(row["image"]).name
        assert row["tags"].split(";") == [CLASSES[tag] for tag in scene.tags]
        for path, array in (("images", scene.image), ("masks", scene.mask), ("parts", scene.parts)):
            with Image.open(folder / path / name) as picture:
                np.testing.assert_array_equal(np.asarray(picture), array)
    with Image.open(folder / "masks" / name) as picture:
        assert picture.mode == "P"


def test_same_scenes_are_not_written_again_and_others_are_refused(tmp_path: Path) -> None:
    """A folder is taken as done only when it holds these very scenes."""
    folder = write_scenes(tmp_path / "scenes", num_train=2, num_val=1, size=(80, 104))
    before = (folder / "tags.csv").stat().st_mtime_ns
    write_scenes(folder, num_train=2, num_val=1, size=(80, 104))
    assert (folder / "tags.csv").stat().st_mtime_ns == before
    with pytest.raises(InputError, match="choose another folder"):
        write_scenes(folder, num_train=2, num_val=1, seed=5, size=(80, 104))


def test_a_half_written_folder_never_has_the_final_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopping in the middle leaves nothing behind."""

    def stop_at_two(index: int, **options: object) -> Scene:
        if index == 2:
            raise KeyboardInterrupt
        return draw_scene(index, size=(80, 104))

    with monkeypatch.context() as patch:
        patch.setattr("tag2mask.data.scenes.writing.draw_scene", stop_at_two)
        with pytest.raises(KeyboardInterrupt):
            write_scenes(tmp_path / "scenes", num_train=4, num_val=1, size=(80, 104))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".scenes.tmp").mkdir()  # as a killed run leaves it
    write_scenes(tmp_path / "scenes", num_train=1, num_val=1, size=(80, 104))
    assert [path.name for path in tmp_path.iterdir()] == ["scenes"]
