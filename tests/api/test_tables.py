"""Tables: rows, CSV, pandas where it is, HTML."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

import tag2mask
from tag2mask.api.table import Table
from tag2mask.core.contracts import InputError


@dataclass(frozen=True)
class Row:
    """A row."""

    name: str
    share: float | None
    photos: tuple[str, ...]


TABLE = Table((Row("<b>", 1 / 3, ("a", "b")), Row("=1", None, ())))


def test_rows_as_csv(tmp_path: Path) -> None:
    """Nothing in a cell becomes a formula; None is empty."""
    assert TABLE.to_csv(tmp_path / "t.csv").splitlines() == [
        "name,share,photos", "<b>,0.333333,\"a; b\"", "'=1,,"]
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == TABLE.to_csv()
    assert Table(()).to_csv() == ""
    assert len(TABLE) == len(list(TABLE)) == 2
    assert TABLE[1].name == "=1"


def test_rows_as_html_are_escaped() -> None:
    """Names come from files."""
    page = TABLE._repr_html_()
    assert "<td>&lt;b&gt;</td>" in page
    assert page.count("<tr>") == 3


def test_pandas_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """And its absence is one sentence."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pandas is not installed"):
        TABLE.to_pandas()
    fake = SimpleNamespace(DataFrame=lambda rows, columns: (rows, columns))
    monkeypatch.setitem(sys.modules, "pandas", fake)
    rows, columns = TABLE.to_pandas()
    assert columns == ["name", "share", "photos"]
    assert rows[0]["share"] == 1 / 3


def test_a_diagnosis_is_a_table(tiny_data: Path, tmp_path: Path) -> None:
    """Of findings, with the page where one was asked for."""
    seen = tag2mask.inspect(tiny_data)
    assert len(seen.dataset.photos) == 16
    assert seen.inspection.splits == {"train": 12, "val": 4}
    found = tag2mask.diagnose(seen.dataset, out=tmp_path / "look")
    assert found.page == tmp_path / "look" / "diagnosis.html"
    assert found.page.exists()
    total = sum(len(section.findings) for section in found.made.sections)
    assert len(found) == total
    assert {row.looked_for for row in found} <= {part.name for part in found.made.sections}


def test_choices_are_listed_by_kind() -> None:
    """With the setting that takes them, and the package."""
    losses = tag2mask.choices("losses")
    assert [one.name for one in losses] == ["lovasz", "cross_entropy", "sec", "psl"]
    assert {(one.used_by, one.package) for one in losses} == {("segment.loss", "tag2mask")}
    assert all(one.about for one in tag2mask.choices("map methods"))
    with pytest.raises(InputError, match="no kind 'loses'; did you mean losses"):
        tag2mask.choices("loses")
