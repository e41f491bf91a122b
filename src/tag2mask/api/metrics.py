"""The figures of a run; the only place of the Python interface that knows `metrics.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tag2mask.run_folder.artifacts import RunFolder

if TYPE_CHECKING:
    from tag2mask.stages.report.findings import Headline


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One mean IoU of a run, with what it was measured on."""

    what: str
    """"network", "pseudo_masks" or "maps"."""
    split: str
    """"train", "val" or "test"."""
    images: int
    """Photos with a true mask."""
    miou: float | None
    """From 0 to 1; None where no class occurs."""
    oracle: bool
    """Whether the threshold was chosen with the masks that it is scored on."""
    iou: Mapping[str, float | None]
    """By class, from 0 to 1."""


class Metrics(Mapping[str, Any]):
    """The figures of a run: typed in `figures` and `headline`, all of them as in metrics.json.

    It can be opened and read as the path that it once was.
    """

    def __init__(self, folder: RunFolder) -> None:
        """Read the figures of a run; there are none before its stage `evaluate` is done."""
        self.path: Path = folder.metrics
        self._content: Mapping[str, Any] = folder.read_json(folder.metrics)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Return every mean IoU that was measured."""
        return tuple(
            Figure(what=row["what"], split=row["split"], images=row["images"],
                   miou=row.get("miou"), oracle=bool(row.get("oracle")), iou=row.get("iou") or {})
            for row in self._content.get("figures") or ()
        )

    @property
    def headline(self) -> Headline | None:
        """Return the figure that says most, as in the report; None where nothing was measured."""
        from tag2mask.stages.report.findings import headline

        return headline(self._content)

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - any value of JSON
        """Return an entry of metrics.json."""
        return self._content[key]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the entries' names."""
        return iter(self._content)

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._content)

    def __repr__(self) -> str:
        """Say the headline."""
        top = self.headline
        return f"Metrics({top.value} {top.what})" if top else "Metrics(nothing measured yet)"

    def __fspath__(self) -> str:
        """Return the path of metrics.json."""
        return str(self.path)

    def read_text(self, encoding: str = "utf-8") -> str:
        """Return the content of metrics.json."""
        return self.path.read_text(encoding=encoding)

    def exists(self) -> bool:
        """Whether there is a metrics.json."""
        return self.path.exists()
