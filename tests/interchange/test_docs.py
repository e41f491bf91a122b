"""The table in docs/interchange.md is that of `tag2mask formats`."""

from __future__ import annotations

import re
from pathlib import Path

from tag2mask.interchange import FORMATS

PAGE = Path(__file__).parents[2] / "docs" / "interchange.md"


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
