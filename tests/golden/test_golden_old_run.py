"""A run folder made by version 0.1.0 still opens, and gives the results that it gave then."""

from __future__ import annotations

import json
from pathlib import Path

from golden_check import differences, environment, stored
from golden_facts import facts_of
from golden_old_run import open_old_run, unpack


def test_an_old_run_gives_the_results_that_it_gave(tmp_path: Path) -> None:
    """By predict, explain, evaluate and report, where run and data have moved."""
    facts = open_old_run(tmp_path)
    added = ("/network_tags ", "/final/*.png: is new")  # what evaluate has written since
    lines = differences("old_run", facts)
    assert [line for line in lines if not any(word in line for word in added)] == []
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "block" in page
    assert "disc" in page


def test_the_stored_results_are_those_in_the_archive(tmp_path: Path) -> None:
    """What evaluate wrote then is what the stored results say, so none was made up since."""
    _, run = unpack(tmp_path)
    found = json.loads(json.dumps(facts_of(run)))
    for key in ("files", "figures", "pixels", "tables"):
        assert found[key] == stored("old_run")["run"][key], environment()
