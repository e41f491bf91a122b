"""The figures of a run; the only place of the Python interface that knows `metrics.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tag2mask.run_folder.artifacts import RunFolder
from tag2mask.run_folder.records import Figure, read_metrics

if TYPE_CHECKING:
    from tag2mask.stages.report.findings import Headline


class Metrics(Mapping[str, object]):
    """The figures of a run: typed in `figures` and `headline`, all of them as in metrics.json.

    It can be opened and read as the path that it once was.
    """

    def __init__(self, folder: RunFolder) -> None:
        """Read the figures of a run; there are none before its stage `evaluate` is done."""
        self.path: Path = folder.metrics
        self._records = read_metrics(folder)
        self._content = folder.read_json(folder.metrics)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Return every mean IoU that was measured."""
        return self._records.figures

    @property
    def headline(self) -> Headline | None:
        """Return the figure that says most, as in the report; None where nothing was measured."""
        from tag2mask.stages.report.findings import headline

        return headline(self._records)

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
