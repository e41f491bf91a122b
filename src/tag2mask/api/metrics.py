"""The figures of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tag2mask.run_folder import records
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Figure, read_metrics

if TYPE_CHECKING:
    from tag2mask.stages.report.findings import Headline


class Metrics(Mapping[str, object]):
    """The figures of a run: typed in `record`, or as a mapping with the keys of metrics.json.

    It can also be used as a path, that of metrics.json.
    """

    def __init__(self, folder: RunFolder) -> None:
        """Read the figures of a run; they are empty until its stage `evaluate` is done."""
        self.path: Path = folder.metrics
        self._record = read_metrics(folder)
        self._content = folder.read_json(folder.metrics)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Return every mean IoU that was measured."""
        return self._record.figures

    @property
    def record(self) -> records.Metrics:
        """Return everything that was measured, typed."""
        return self._record

    @property
    def headline(self) -> Headline | None:
        """Return the most informative figure, as in the report; None if nothing was measured."""
        from tag2mask.stages.report.findings import headline

        return headline(self._record)

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
        """Return the headline figure as text."""
        top = self.headline
        return f"Metrics({top.value} {top.what})" if top else "Metrics(nothing measured yet)"

    def __fspath__(self) -> str:
        """Return the path of metrics.json."""
        return str(self.path)

    def read_text(self, encoding: str = "utf-8") -> str:
        """Return the content of metrics.json."""
        return self.path.read_text(encoding=encoding)

    def exists(self) -> bool:
        """Return whether metrics.json exists."""
        return self.path.exists()
