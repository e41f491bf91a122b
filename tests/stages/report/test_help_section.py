"""The report shows the choice of outside help with its figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tag2mask.run_folder.context import recorded
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import HelpChoice, SharpenAbout
from tag2mask.stages.report.page import write_report

MakeRun = Callable[..., RunFolder]


@pytest.mark.parametrize("asked", [True, False])
def test_the_choice_is_shown_if_it_was_asked_for(make_run: MakeRun, asked: bool) -> None:
    """In words and as a table."""
    run = make_run()
    choice = HelpChoice(asked="auto", used="saliency", why="It agrees.", photos=128, limit=0.3,
                        figures={"learnability_with": 0.415})
    with recorded(run, "sharpen", "any") as record:
        record.about = SharpenAbout(
            sharpening=("dense_crf", "saliency", "dense_crf"), share=0.3, crf=True, threshold=0.4,
            outside_help=("saliency",), help=choice if asked else None,
        )
    page = write_report(run).read_text(encoding="utf-8")
    for shown in ("<b>Saliency</b> (asked for: auto). It agrees.", "learnability with", "0.41",
                  "on 128 photos"):
        assert (shown in page) is asked
