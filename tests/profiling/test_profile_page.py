"""The page of a profile stands alone, escapes names, and shows what is known."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tag2mask.profiling.page import render
from tag2mask.run_folder.records import MachineLimits, Profile, StageProfile, WorkProfile

HOSTILE = '<script>alert("x")</script> & </style>'
LIMITS = MachineLimits(threads=2, operations_per_second=6e10, bytes_per_second=8e9)


def stage(name: str, seconds: float = 60.0, **more: object) -> StageProfile:
    """Return a stage that trained half of its time."""
    made = StageProfile(
        name=name, seconds=seconds, cpu_seconds=1.5 * seconds, peak_memory_mb=900, photos=240,
        bytes_written=3 * 2**20,
        work={"forward": WorkProfile(seconds=seconds / 2, cpu_seconds=seconds, calls=9,
                                     share_of_limit=0.42)},
    )
    return replace(made, **more)  # type: ignore[arg-type]


def page(*stages: StageProfile, name: str = "run") -> str:
    """Return the page of a run with these stages."""
    return render(Profile(version="1", limits=LIMITS, seconds=99, stages=stages), name)


def rows(html: str) -> list[str]:
    """Return the cells of all tables, without markup, row by row."""
    return [" | ".join(re.sub("<[^>]+>", "", cell).strip()
                       for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL))
            for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL)]


def test_costs_are_shown_in_words() -> None:
    """Time, CPU time, cores, memory, photos per second, bytes."""
    html = page(stage("classify"))
    assert any(row.startswith("classify | ") and row.endswith(
        "1 min 0 s | 1 min 30 s | 1.5 | 900 MB | 4 | 3 MB") for row in rows(html))
    assert "training, forward | 30 s | 50 % | 1 min 0 s | 42 %" in rows(html)
    assert "everything else | 30 s | 50 % | 30 s | " in rows(html)
    assert "60 of 60 seconds were training" in html
    assert "60 GFLOP/s, 8.0 GB/s" in html


def test_bars_are_relative_to_the_longest_stage() -> None:
    """A quarter of its time is a quarter of its length."""
    html = page(stage("classify", 80), stage("label", 20))
    assert re.findall(r'class="bar" style="width:([\d.]+)%', html) == ["100.00", "25.00"]


@pytest.mark.parametrize(("work", "said"), [
    ({}, "Done by an earlier command, which was not profiled."),
    (stage("x").work, "Done by an earlier command."),
])
def test_a_stage_of_an_earlier_command_is_marked(
    work: dict[str, WorkProfile], said: str
) -> None:
    """What was not measured is a dash."""
    html = page(stage("segment", earlier=True, work=work, cpu_seconds=None))
    assert said in html
    assert ('class="bar unknown"' in html) is not work
    assert any("| — | — |" in row for row in rows(html))


def test_earlier_attempts_are_mentioned() -> None:
    """Their time belongs to the stage, but was not measured."""
    assert "And 2 min 0 s in earlier, interrupted attempts." in page(
        stage("segment", seconds_before=120))


def test_names_are_escaped_and_nothing_is_loaded() -> None:
    """Wherever they come from."""
    html = page(stage(HOSTILE, work={HOSTILE: WorkProfile(seconds=30, cpu_seconds=30, calls=1)}),
                name=HOSTILE)
    assert "<script>alert" not in html
    assert html.count("</style>") == 1
    assert "default-src 'none'" in html
    assert not re.search('(src|href)="(?!data:)', html)


def test_a_profile_without_stages() -> None:
    """Of a command that found nothing to do."""
    assert "Where the time of this run went." in page()


def test_the_export_is_no_training() -> None:
    """In the sentence that sums up, as in the report."""
    work = {"forward": WorkProfile(seconds=30, cpu_seconds=30, calls=1),
            "export": WorkProfile(seconds=20, cpu_seconds=20, calls=1)}
    assert "40 of 60 seconds were training, 20 exporting the network." in page(
        stage("segment", work=work))
