"""Shards as a data set: what they mean, and what is refused with the name of the shard."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest
from written_shards import facts, mask, pairs, photo, tags, write, written

from tag2mask.core.contracts import InputError
from tag2mask.data import check_photos, load_photo, read_dataset
from tag2mask.data.finding import find_photos


def test_photos_tags_splits_and_masks_are_read(tmp_path: Path) -> None:
    """The key is the name; several folders and kinds of photos; classes.txt orders the labels."""
    root = write(tmp_path / "data" / "a-000000.tar", {
        "./pets/1.jpg": photo(1, kind="JPEG"), "./pets/1.json": tags("cat", split="train"),
        "./pets/1.mask.png": mask(2), "2.json": tags(split="val"), "2.PNG": photo(2),
        "2.txt": "a caption", "._2.png": b"a leftover of the system",
    })
    write(root / "a-000001.tar", {
        "3.json": json.dumps({"label": "dog", "split": "test"}), "3.png": photo(3)})
    (root / "classes.txt").write_text("background\ndog\ncat\n")
    dataset = check_photos(read_dataset(root), workers=0)
    assert (dataset.layout, dataset.classes, dataset.root) == ("shards", ("dog", "cat"), root)
    assert facts(dataset) == {
        "2": ((), "val"), "3": (("dog",), "test"), "pets/1": (("cat",), "train")}
    assert {p.name for p in dataset.photos if p.mask} == {"pets/1"}
    assert dataset.notices == ()


def test_class_numbers_are_counted_from_zero(tmp_path: Path) -> None:
    """As in WebDataset; the first classes are reported."""
    root = write(tmp_path / "train-000.tar", {
        "1.png": photo(1), "1.cls": "0", "2.png": photo(2), "2.cls": "1\n"})
    write(root / "val-000.tar", {"3.png": photo(3), "3.cls": "1"})
    (root / "classes.txt").write_text("background\ncat\ndog\n")
    dataset = read_dataset(root)
    assert facts(dataset) == {
        "1": (("cat",), "train"), "2": (("dog",), "train"), "3": (("dog",), "val")}
    assert "0 = cat and 1 = dog" in dataset.notices[0]
    (root / "classes.txt").write_text("background\ncat\n")
    with pytest.raises(InputError, match=r"train-000\.tar, 2 has the class number 1"):
        read_dataset(root)


def test_words_in_cls_are_names(tmp_path: Path) -> None:
    """Without a list of classes, their names are sorted; folders of splits are read."""
    write(tmp_path / "train" / "0.tar", {"1.png": photo(1), "1.cls": "dog"})
    write(tmp_path / "val" / "0.tar", {"2.png": photo(2), "2.cls": "cat"})
    dataset = read_dataset(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert facts(dataset) == {"1": (("dog",), "train"), "2": (("cat",), "val")}


def test_a_prediction_needs_no_tags(tmp_path: Path) -> None:
    """Photos are found by the names that they have in the shards."""
    root = write(tmp_path / "data" / "0.tar", {"a/1.png": photo(1), "2.jpg": photo(2)})
    found = find_photos([root], tmp_path / "out")
    assert [name for name, _ in found] == ["2", "a/1"]
    assert found[1][1].read_bytes() == photo(1)


def test_shards_one_folder_down_are_predicted(tmp_path: Path) -> None:
    """As `inspect` finds them; with their folder in the name, as photos have."""
    root = write(tmp_path / "data" / "inside" / "0.tar", pairs("1", "cat/2")).parent
    found = find_photos([root], tmp_path / "out")
    assert [name for name, _ in found] == ["inside/1", "inside/cat/2"]
    (root / "x").mkdir()
    written(root / "x" / "0.png", photo(1))
    assert [name for name, _ in find_photos([root], tmp_path / "out")] == ["x/0"]


def test_a_photo_in_a_shard_is_predicted_by_its_path(tmp_path: Path) -> None:
    """As predictions.csv names it."""
    root = write(tmp_path / "data" / "0.tar", pairs("1", "2"))
    read_dataset(root)
    (name, path), = find_photos([root / ".shards" / "images" / "2.png"], tmp_path / "out")
    assert (name, path.read_bytes()) == ("2", photo(1))


def test_other_layouts_with_an_archive_are_not_shards(tmp_path: Path) -> None:
    """A downloaded archive beside its content."""
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(3):
            (tmp_path / name / f"{number}.png").write_bytes(photo(number))
    write(tmp_path / "all.tar", pairs("1"))
    assert read_dataset(tmp_path).layout == "class_folders"
    assert not (tmp_path / ".shards").exists()


def test_photos_without_tags_and_tags_without_photo_are_left_out(tmp_path: Path) -> None:
    """They are reported with the shard; more than a tenth is refused."""
    root = write(tmp_path / "0.tar", {
        **pairs(*map(str, range(20))), "x.json": tags("cat"), "y.png": photo(1)})
    why = {problem.photo: problem.why for problem in read_dataset(root).left_out}
    assert why.keys() == {"x", "y"}
    assert all("0.tar" in sentence for sentence in why.values())
    assert "no photo" in why["x"]
    write(root / "0.tar", {**pairs("1", "2"), "x.json": tags("cat")})
    with pytest.raises(InputError, match=r"more than a tenth.*0\.tar has no photo"):
        read_dataset(root)


def test_annotations_of_photos_in_no_shard_are_reported(tmp_path: Path) -> None:
    """The others count; a table of which no photo is in any shard is refused."""
    root = write(tmp_path / "0.tar", pairs("1", "2", "3"))
    table = root / "points.csv"
    table.write_text("image,class,x,y\n1,cat,5,5\n2.png,dog,3,4\n9,cat,2,2\n")
    dataset = read_dataset(root)
    assert [photo.name for photo in dataset.photos if photo.annotation] == ["1", "2"]
    said = [*dataset.notices, *(f"{one.photo} {one.why}" for one in dataset.problems)]
    assert [line for line in said if "9" in line and "not in the data set" in line]
    table.write_text("image,class,x,y\n8,cat,5,5\n9,cat,2,2\n")
    with pytest.raises(InputError, match=r"points\.csv names no photo of the data set"):
        read_dataset(root)


@pytest.mark.parametrize(("name", "message"), [
    ("../evil.png", "leads out"), ("/etc/evil.png", "absolute"), ("C:\\evil.png", "absolute"),
])
def test_paths_that_lead_out_are_refused(name: str, message: str, tmp_path: Path) -> None:
    """Nothing is written."""
    root = write(tmp_path / "data" / "0.tar", {**pairs("1"), name: photo(2)})
    with pytest.raises(InputError, match=message) as caught:
        read_dataset(root)
    assert "0.tar" in str(caught.value)
    assert [p.name for p in root.iterdir()] == ["0.tar"]
    assert not list(tmp_path.glob("*.png"))


def test_a_name_in_json_must_not_lead_out(tmp_path: Path) -> None:
    """As little as that of a file."""
    root = write(tmp_path / "0.tar", {
        "1.png": photo(1), "1.json": json.dumps({"tags": ["cat"], "tag2mask_name": "../x"})})
    with pytest.raises(InputError, match=r"0\.tar.*leads out"):
        read_dataset(root)


@pytest.mark.parametrize(("name", "read"), [
    ("./a", "a"), ("a//b", "a/b"), ("a/", "a"), ("a.b", "a.b")])
def test_a_name_in_json_is_written_in_the_shortest_way(
    name: str, read: str, tmp_path: Path
) -> None:
    """It is part of paths."""
    root = write(tmp_path / "0.tar", {
        "1.png": photo(1), "1.json": tags("cat", tag2mask_name=name)})
    found, = read_dataset(root).photos
    assert (found.name, load_photo(found.path).shape) == (read, (10, 12, 3))


@pytest.mark.parametrize(("key", "name", "message"), [
    ("1", "a/.shards/b", "1.json: the name 'a/.shards/b' holds .shards"),
    ("x" * 300, "1", r"the name 'x+' has 300 bytes")])
def test_a_name_that_no_file_can_have_is_refused(
    key: str, name: str, message: str, tmp_path: Path
) -> None:
    """Too long, or that of the index."""
    root = write(tmp_path / "0.tar", {
        f"{key}.png": photo(1), f"{key}.json": tags("cat", tag2mask_name=name)})
    with pytest.raises(InputError, match=rf"0\.tar, member .*{message}.*pack it again"):
        read_dataset(root)


@pytest.mark.parametrize("size", [-1024, 2**40, 2**62])
@pytest.mark.parametrize("kind", [b"0", b"L", b"K", b"x", b"g"])
def test_a_size_that_cannot_be_is_refused(kind: bytes, size: int, tmp_path: Path) -> None:
    """Of a file, a long name or other headers: below 0 it leads back to an earlier member."""
    root = write(tmp_path / "0.tar", {"._hidden": b"x", **pairs("1", "2")})
    data = bytearray((root / "0.tar").read_bytes())
    data[156:157] = kind
    data[124:136] = (b"\xff" if size < 0 else b"\x80") + size.to_bytes(11, "big", signed=True)
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    (root / "0.tar").write_bytes(data)
    with pytest.raises(InputError, match=r"0\.tar is (cut or )?damaged: .*; copy or pack it again"):
        read_dataset(root)


def test_links_are_refused(tmp_path: Path) -> None:
    """They could lead anywhere."""
    with tarfile.open(tmp_path / "0.tar", "w") as archive:
        entry = tarfile.TarInfo("1.png")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(entry)
    with pytest.raises(InputError, match=r"0\.tar holds 1\.png, which is a link"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.4, 0.5, 0.75, 0.9, 1.0])
def test_a_cut_shard_is_refused(share: float, tmp_path: Path) -> None:
    """Wherever it is cut, also between two members, where the rest is a valid beginning."""
    root = write(tmp_path / "0.tar", pairs("1", "2", "3"))
    data = (root / "0.tar").read_bytes()
    with tarfile.open(root / "0.tar") as archive:
        end = max(m.offset_data + -(-m.size // 512) * 512 for m in archive.getmembers())
        places = [m.offset for m in archive.getmembers()]
    for place in [int(share * end), places[3]]:
        (root / "0.tar").write_bytes(data[:place])
        with pytest.raises(InputError, match=r"0\.tar.*cut"):
            read_dataset(root)
    assert [p.name for p in root.iterdir()] == ["0.tar"]


def test_a_damaged_or_joined_shard_is_refused(tmp_path: Path) -> None:
    """Both end early for a reader that stops at the first end."""
    root = write(tmp_path / "0.tar", pairs("1", "2"))
    data = (root / "0.tar").read_bytes()
    with tarfile.open(root / "0.tar") as archive:
        second = archive.getmembers()[2].offset
    for broken in (data + data, data[:second] + b"\xff" * 512 + data[second + 512:]):
        (root / "0.tar").write_bytes(broken)
        with pytest.raises(InputError, match=r"0\.tar is (damaged|cut)"):
            read_dataset(root)


def test_files_that_are_no_archive_are_refused(tmp_path: Path) -> None:
    """Also compressed ones."""
    for content in (b"", b"not a tar" * 100, b"\x1f\x8b" + bytes(600)):
        (tmp_path / "0.tar").write_bytes(content)
        with pytest.raises(InputError, match=r"0\.tar"):
            read_dataset(tmp_path)


def test_what_is_there_twice_is_refused(tmp_path: Path) -> None:
    """A shard, a key in two shards, a file in one shard, two photos of one key."""
    root = write(tmp_path / "0.tar", pairs("1", "2"))
    (root / "1.tar").write_bytes((root / "0.tar").read_bytes())
    with pytest.raises(InputError, match=r"1\.tar has the same keys as .*0\.tar"):
        read_dataset(root)
    write(root / "1.tar", pairs("2", "3", first=1))
    with pytest.raises(InputError, match=r"0\.tar and .*1\.tar both have the key 2"):
        read_dataset(root)
    (root / "1.tar").unlink()
    with tarfile.open(root / "0.tar", "a") as archive:
        archive.addfile(tarfile.TarInfo("1.png"), io.BytesIO())
    with pytest.raises(InputError, match=r"0\.tar, member 1\.png is in the shard twice"):
        read_dataset(root)
    write(root / "0.tar", {**pairs("1"), "1.jpg": photo(3)})
    with pytest.raises(InputError, match=r"0\.tar, member 1\.jpg is the second picture"):
        read_dataset(root)


def test_shards_are_compared_with_their_list(tmp_path: Path) -> None:
    """One that is missing, of another size, or not listed."""
    root = write(tmp_path / "0.tar", pairs("1", "2"))
    size = (root / "0.tar").stat().st_size

    def listed(**sizes: int) -> None:
        rows = [{"url": f"{name[1:]}.tar", "filesize": size} for name, size in sizes.items()]
        (root / "shards.json").write_text(json.dumps({"wids_version": 1, "shardlist": rows}))

    listed(_0=size)
    assert len(read_dataset(root).photos) == 2
    for sizes, message in (
        ({"_0": size, "_1": 5}, r"lacks the shard 1\.tar"), ({"_0": size + 1}, r"0\.tar has"),
        ({}, r"0\.tar is not in"),
    ):
        listed(**sizes)
        with pytest.raises(InputError, match=message):
            read_dataset(root)
    (root / "shards.json").write_text("[]")
    with pytest.raises(InputError, match=r"shards\.json is no list"):
        read_dataset(root)


@pytest.mark.parametrize(("content", "message"), [
    ({"1.png": photo(1), "1.json": "{"}, "member 1.json is no JSON"),
    ({"1.png": photo(1), "1.json": "[1]"}, "no JSON object"),
    ({"1.png": photo(1), "1.json": b"\xff\xfe"}, "UTF-8"),
    ({"1.png": photo(1), "1.json": tags("cat", split="dev-ish")}, "unknown split"),
    ({"VOC/JPEGImages/1.jpg": photo(1), "VOC/Annotations/1.xml": "<a/>"}, "archives of a data set"),
])
def test_files_that_cannot_be_used_are_reported(
    content: dict[str, bytes | str], message: str, tmp_path: Path
) -> None:
    """With the shard, or with what is needed."""
    root = write(tmp_path / "0.tar", content)
    with pytest.raises(InputError, match=message) as caught:
        read_dataset(root)
    assert str(root) in str(caught.value)


def test_a_bad_photo_is_treated_as_in_a_folder(tmp_path: Path) -> None:
    """The check leaves it out."""
    root = write(tmp_path / "0.tar", {**pairs(*map(str, range(1, 20))), "x.png": b"nothing",
                                      "x.json": tags("cat")})
    dataset = check_photos(read_dataset(root), workers=0)
    assert [problem.photo for problem in dataset.left_out] == ["x"]
    assert "0.tar, member x.png is no picture" in dataset.left_out[0].why
