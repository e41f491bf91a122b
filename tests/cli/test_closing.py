"""The lines at the end of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tag2mask.cli.closing import closing_lines
from tag2mask.run_folder.folder import RunFolder


@pytest.mark.parametrize(("among", "said"), [
    (0.52, ["Tagged   52.0 where new photos have tags too: predict with --tags given"]),
    (0.405, []),
])
def test_what_tags_of_new_photos_bring_is_said(copied: Path, among: float, said: list[str]) -> None:
    """If it is a point or more, on held-out photos."""
    run = RunFolder(copied)
    content = json.loads(run.metrics.read_text())
    for figure in content["figures"]:
        known = {"network": 0.4, "network_tags": among if figure["split"] == "val" else 0.9}
        figure["miou"] = known.get(figure["what"], figure["miou"])
    run.metrics.write_text(json.dumps(content))
    assert [line for line in closing_lines(run) if line.startswith("Tagged")] == said
