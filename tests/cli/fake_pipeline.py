"""A pipeline that only remembers what it was asked, so that commands can be tested in no time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from invented_records import data, figure, metrics

from tag2mask.core.json_fields import to_json
from tag2mask.data.dataset import Dataset, Problem
from tag2mask.run_folder.data_file import write_dataset
from tag2mask.run_folder.folder import RunFolder

METRICS: dict[str, Any] = to_json(metrics(
    seed=7, data=data("cat", synthetic=True),
    figures=(figure("network", "val", images=40),
             figure("maps", "val", 0.9, images=40, oracle=True)),
))


@dataclass
class FakePipeline:
    """Stands in for `tag2mask.pipeline`."""

    error: BaseException | None = None
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    def make(self, name: str, result: Callable[..., Any]) -> Callable[..., Any]:
        """Make one function of the pipeline."""

        def function(*args: object, **options: object) -> object:
            self.calls.append((name, args, options))
            if self.error is not None:
                raise self.error
            return result(*args)

        return function


@dataclass(frozen=True)
class Summary:
    """What `predict` returns."""

    written: int
    left_out: list[Problem]


def finished_run(out: Path) -> RunFolder:
    """Make a run folder with two masks and a few figures."""
    run = RunFolder(out)
    for folder in ("masks", "final"):
        (out / folder / "deep").mkdir(parents=True)
    write_dataset(run, Dataset(root=out, layout="voc", classes=("cat",), photos=()))
    for name in ("a", "deep/b"):
        run.mask_file(name).touch()
        run.final_file(name).touch()
    run.metrics.write_text(json.dumps(METRICS), encoding="utf-8")
    return run
