"""The table is written while a prediction goes on, and has its name only at the end."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from tag2mask.core.files import GrowingFile, WriteError
from tag2mask.core.processes.state import state
from tag2mask.core.progress import Progress
from tag2mask.prediction import parquet_table, predict
from tag2mask.prediction.growing_table import PredictionTable
from tag2mask.prediction.predict import predict_photos
from tag2mask.prediction.segmentation import LoadedSegmenter
from tag2mask.run_folder.tables import read_table

ROWS = [["x", "=cat", "0.250000", "/a/x.png"], ["y", "", "0", "caf\udce9"], ["z", "", "0", "z"]]


def table(out: Path, *, parquet: bool = False) -> None:
    """Write the rows, one photo after another."""
    with PredictionTable(out, parquet=parquet) as one:
        for row in ROWS:
            one.add([row])
        one.finish()


def test_rows_are_on_disk_before_the_end(tmp_path: Path) -> None:
    """Under a temporary name; the finished table has no formulas, and can be read."""
    with PredictionTable(tmp_path, parquet=False) as one:
        for _ in range(1000):
            one.add(ROWS)
        (temporary,) = tmp_path.iterdir()
        assert temporary.name.startswith(".predictions.")
        assert temporary.stat().st_size > 10_000
        one.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]
    found = read_table(tmp_path / "predictions.csv")
    assert len(found) == 3000
    assert list(found[0].values()) == ["x", "=cat", "0.250000", "/a/x.png"]
    assert found[1]["source"] == "caf\udce9"


def test_what_is_not_finished_is_removed(tmp_path: Path) -> None:
    """And an earlier table stays."""
    (tmp_path / "predictions.csv").write_text("earlier", encoding="utf-8")
    with suppress(KeyboardInterrupt), PredictionTable(tmp_path, parquet=False) as one:
        one.add(ROWS)
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["predictions.csv"]
    assert (tmp_path / "predictions.csv").read_text(encoding="utf-8") == "earlier"


def test_without_rows_there_is_no_file(tmp_path: Path) -> None:
    """As when no photo could be read."""
    with PredictionTable(tmp_path / "out", parquet=True) as one:
        one.add([])
        one.finish()
    assert not (tmp_path / "out").exists()


def test_parquet_has_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In row groups of at least two here; shares are numbers."""
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet_table.need_parquet()
    monkeypatch.setattr(parquet_table, "_GROUP", 2)
    table(tmp_path, parquet=True)
    names = ("image", "class", "area_share", "source")
    assert parquet.ParquetFile(tmp_path / "predictions.parquet").num_row_groups == 2
    assert parquet.read_table(tmp_path / "predictions.parquet").to_pylist() == [
        dict(zip(names, row, strict=True)) for row in [
            ("x", "=cat", 0.25, "/a/x.png"), ("y", "", 0.0, "caf\\udce9"), ("z", "", 0.0, "z")]]
    assert sorted(path.name for path in tmp_path.iterdir()) \
        == ["predictions.csv", "predictions.parquet"]


def test_parquet_of_an_earlier_prediction_is_removed(tmp_path: Path) -> None:
    """Its rows are others; without rows nothing has changed."""
    (tmp_path / "predictions.parquet").write_bytes(b"earlier")
    with PredictionTable(tmp_path, parquet=False) as one:
        one.finish()
    assert (tmp_path / "predictions.parquet").exists()
    table(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"predictions.csv"}


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """About the table, with nothing left."""
    with PredictionTable(tmp_path, parquet=False) as one:
        one.add(ROWS)
        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(WriteError, match=r"The disk is full: .*predictions\.csv was not writt"):
            one.finish()
    assert list(tmp_path.iterdir()) == []


def full(path: Path, target: Path) -> Path:
    """Refuse to give a file its name."""
    raise OSError(28, "No space left on device", str(target))


def test_an_error_elsewhere_is_not_one_of_the_table(tmp_path: Path) -> None:
    """Errors of the system between the parts are passed on as they are."""
    file = GrowingFile(tmp_path / "a.csv")
    with file.part() as temporary:
        temporary.write_text("1", encoding="utf-8")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        (tmp_path / "nowhere").read_bytes()
    file.discard()
    assert list(tmp_path.iterdir()) == []


class Background:
    """Stands in for a network: it finds nothing, and looks at the folder of the results."""

    class spec:  # noqa: N801  (an attribute of the real one)
        """Only the names and the depth of photos are asked for."""

        classes = ("dog",)
        depth = None

    def __init__(self, out: Path) -> None:
        """Remember the folder."""
        self._out, self.seen = out, set[str]()

    def predict(self, photo, classes=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        """Find nothing."""
        self.seen |= {path.name for path in self._out.glob(".predictions*")}
        return photo[..., 0] * 0


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Give a folder of three photos."""
    (tmp_path / "photos").mkdir()
    for number in range(3):
        Image.new("RGB", (9, 5)).save(tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


def test_tables_of_killed_processes_are_removed(photos: Path, tmp_path: Path) -> None:
    """Those of this command alone: what else is hidden there belongs to someone else."""
    out = tmp_path / "out"
    out.mkdir()
    for name in (".predictions.0.tmp.csv", ".predictions.0.tmp.parquet", ".other.tmp.csv"):
        (out / name).touch()
    network = Background(out)
    predict_photos([photos], LoadedSegmenter(network), out=out, workers=0,  # type: ignore[arg-type]
                   progress=Progress())
    assert not {name for name in network.seen if ".0." in name}
    assert len(network.seen) == 1
    assert [path.name for path in out.glob(".*")] == [".other.tmp.csv"]


def test_only_the_first_process_writes(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others write masks alone."""
    results = iter([[["0", "", "0", "a"]], [["1", "", "0", "b"]], [["2", "", "0", "c"]]])
    monkeypatch.setattr(predict, "interleaved", lambda share: take_all(share, results))
    monkeypatch.setattr("tag2mask.prediction.growing_table.is_first", lambda: False)
    monkeypatch.setattr("tag2mask.core.json_records.is_first", lambda: False)
    out = tmp_path / "out"
    network = LoadedSegmenter(Background(out))  # type: ignore[arg-type]
    assert predict_photos([photos], network, out=out, workers=0, progress=Progress()).written == 3
    assert sorted(path.name for path in out.iterdir()) == ["masks", "overlays"]
    assert state.group is None


def take_all(share: Iterator[object], results: Iterator[object]) -> Iterator[object]:
    """Do the own share, and yield the results of all."""
    list(share)
    yield from results


def test_the_table_of_photos_is_written_one_by_one(photos: Path, tmp_path: Path) -> None:
    """With the rows of `predictions.csv` in the order of the photos."""
    out = tmp_path / "out"
    predict_photos([photos], LoadedSegmenter(Background(out)), out=out,  # type: ignore[arg-type]
                   workers=2, progress=Progress())
    with (out / "predictions.csv").open(newline="", encoding="utf-8") as file:
        assert [row["image"] for row in csv.DictReader(file)] == ["0", "1", "2"]
