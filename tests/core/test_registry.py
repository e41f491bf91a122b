"""A registry: names without imports, entries when asked for, other packages' entries too."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.registry import Registry


@dataclass(frozen=True)
class Polygon:
    """An entry that is created."""

    sides: int = 5


def make_package(folder: Path, name: str, code: str, points: str) -> None:
    """Write an installed package: a module, and its entry points in the group "test.shapes"."""
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
                                    encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[test.shapes]\n{points}\n", encoding="utf-8")


def test_names_keep_the_order_of_registration() -> None:
    """Names are listed as they were registered."""
    registry: Registry[int] = Registry("shape")
    registry.register("square", 4)
    registry.register("circle", 0)
    assert registry.names() == ("square", "circle")
    assert list(registry) == ["square", "circle"]
    assert registry.get("circle") == 0
    assert "square" in registry
    assert "cube" not in registry


def test_a_dotted_entry_is_imported_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listing names imports nothing."""
    (tmp_path / "lazy_shapes.py").write_text("SIDES = 3\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    registry: Registry[int] = Registry("shape")
    registry.register("triangle", "lazy_shapes:SIDES")
    assert registry.names() == ("triangle",)
    assert "lazy_shapes" not in sys.modules
    assert registry.get("triangle") == 3


def test_create_calls_the_entry_with_its_arguments() -> None:
    """A new object each time."""
    registry: Registry[type[Polygon]] = Registry("shape")
    registry.register("polygon", Polygon)
    assert registry.create("polygon", sides=6) == Polygon(6)
    assert registry.create("polygon") == Polygon(5)


@pytest.mark.parametrize(("typed", "advice"), [
    ("sqare", "did you mean 'square'?"), ("zzz", "choose one of square, circle."),
])
def test_a_wrong_name_is_one_sentence_with_the_right_one(typed: str, advice: str) -> None:
    """Or with all names where none is near."""
    registry: Registry[int] = Registry("shape")
    registry.register("square", 4)
    registry.register("circle", 0)
    with pytest.raises(InputError) as told:
        registry.get(typed)
    assert str(told.value) == f"There is no shape {typed!r}; {advice}"


def test_a_name_is_registered_once() -> None:
    """A second registration is a mistake of the code."""
    registry: Registry[int] = Registry("shape")
    registry.register("square", 4)
    with pytest.raises(ValueError, match="already is a shape 'square'"):
        registry.register("square", 5)


def test_entries_of_another_package_come_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And are imported only when asked for."""
    make_package(tmp_path, "more_shapes", "SIDES = 5\n", "pentagon = more_shapes:SIDES")
    monkeypatch.syspath_prepend(tmp_path)
    registry: Registry[int] = Registry("shape", group="test.shapes")
    registry.register("square", 4)
    assert registry.names() == ("square", "pentagon")
    assert "more_shapes" not in sys.modules
    assert registry.get("pentagon") == 5
    assert [registry.package(name) for name in registry] == ["", "more_shapes"]


def test_a_broken_package_names_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing names still works beside it."""
    make_package(tmp_path, "broken_shapes", "raise RuntimeError('no licence')\n",
                 "hexagon = broken_shapes:SIDES")
    monkeypatch.syspath_prepend(tmp_path)
    registry: Registry[int] = Registry("shape", group="test.shapes")
    assert registry.names() == ("hexagon",)
    with pytest.raises(InputError, match=r"comes from broken_shapes .*no licence.*uninstall"):
        registry.get("hexagon")


def test_a_taken_name_is_not_replaced_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another package cannot replace an entry."""
    make_package(tmp_path, "other_shapes", "SIDES = 9\n", "square = other_shapes:SIDES")
    monkeypatch.syspath_prepend(tmp_path)
    registry: Registry[int] = Registry("shape", group="test.shapes")
    registry.register("square", 4)
    with pytest.warns(UserWarning, match="'square' of other_shapes is not used"):
        assert registry.get("square") == 4
