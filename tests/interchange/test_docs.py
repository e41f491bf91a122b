"""The table in docs/interchange.md is that of `tag2mask formats`."""

from __future__ import annotations

import re
from pathlib import Path

from tag2mask.interchange import FORMATS

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "interchange.md"


def test_the_table_lists_every_format_as_it_is() -> None:
    """What goes in and out, how exactly, and where undecided pixels are; each has its page."""
    rows = re.findall(r"^\| \[`(.+?)`\]\((.+?)\) \| (.*?) ?\| (.*?) ?\| (.*?) \| (.*?) \|$",
                      PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {row[0] for row in rows} == set(FORMATS.names())
    for name, page, reads, writes, exact, undecided in rows:
        entry = FORMATS.get(name)
        assert (PAGE.parent / page).is_file(), page
        assert (reads, writes) == ("yes" if entry.read else "", "yes" if entry.write else ""), name
        assert exact == entry.exact, name
        assert undecided.replace("`", "") == entry.undecided, name


def test_every_round_trip_names_its_tests() -> None:
    """One row per format; what is imported came back, and the named tests exist."""
    rows = re.findall(r"^\| `([\w-]+)` \| (exact|nearly|pixels) \| (.+?) \| (.*?) ?\|$",
                      PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(row[0] for row in rows) == sorted(FORMATS.names())
    ours = "".join(path.read_text(encoding="utf-8") for path in TESTS.glob("interchange/*.py"))
    theirs = (TESTS / "peers" / "test_interchange.py").read_text(encoding="utf-8")
    for name, how, tests, peers in rows:
        entry = FORMATS.get(name)
        assert how == ("pixels" if not entry.read else "exact" if "exact" in entry.exact
                       else "nearly"), name
        for test in re.findall(r"`(test_\w+)`", tests):
            assert f"def {test}(" in ours + theirs, test
        for test in re.findall(r"`(test_\w+)`", peers):
            assert f"def {test}(" in theirs, test
