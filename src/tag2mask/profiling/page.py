"""Render profile.html: where the time of a run went, as bars and tables on one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tag2mask.core.files import write_text
from tag2mask.core.profiling import EXPORT, KINDS
from tag2mask.pages import templates, words
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import Profile, StageCost, StageProfile, WorkProfile
from tag2mask.stages import STAGES
from tag2mask.stages.report.sections import time_sentence

_ROOM = "tag2mask.profiling"
_OTHER = "other"
_SMALLEST = 0.004
"""Share of a stage below which a kind of work is not listed by itself."""


@dataclass(frozen=True)
class WorkRow:
    """One kind of work of a stage in words; `style` selects its colour."""

    name: str
    style: str
    seconds: float
    share: float
    time: str
    cpu: str
    limit: str


@dataclass(frozen=True)
class StageRow:
    """One stage in words; `length` is its time relative to the longest stage, 0 to 1."""

    name: str
    does: str
    length: float
    time: str
    cpu: str
    cores: str
    memory: str
    rate: str
    written: str
    note: str
    work: tuple[WorkRow, ...]


def write_page(run: RunFolder, profile: Profile) -> None:
    """Write `profile.html` of a run.

    Raises:
        InputError: the page cannot be written.
    """
    write_text(run.profile_page, render(profile, run.root.resolve().name))


def render(profile: Profile, name: str) -> str:
    """Return the page as HTML; `name` is that of the run."""
    longest = max((stage.seconds for stage in profile.stages), default=0) or 1
    rows = [_stage_row(stage, longest) for stage in profile.stages]
    used = {work.style: work.name for row in rows for work in row.work}
    costs = {stage.name: _cost(stage) for stage in profile.stages}
    return templates.environment(_ROOM).get_template("profile.html").render(
        style=templates.style(_ROOM, "profile.css"), kind="profile", version=profile.version,
        name=name, rows=rows, summary=time_sentence(costs), tiles=_tiles(profile),
        legend=[(kind, used[kind]) for kind in (*KINDS, _OTHER) if kind in used],
    )


def _cost(stage: StageProfile) -> StageCost:
    """Return the cost of a stage; the export of a network is no training."""
    export = stage.work.get(EXPORT)
    return StageCost(seconds=stage.seconds + stage.seconds_before, peak_memory_mb=0,
                     apart={KINDS[EXPORT]: export.seconds} if export else {})


def _tiles(profile: Profile) -> list[tuple[str, str]]:
    """Return the main numbers, as (number, meaning)."""
    limits, stages = profile.limits, profile.stages
    tiles = [(words.duration(profile.seconds), "for this command"),
             (words.memory(max((s.peak_memory_mb for s in stages), default=None)), "peak memory"),
             (words.memory(sum(s.bytes_written for s in stages) / 2**20), "written to files")]
    return [*tiles, (
        f"{limits.operations_per_second / 1e9:.0f} GFLOP/s, {limits.bytes_per_second / 1e9:.1f} "
        "GB/s", "limits of this machine: a matrix product and a copy in memory, with "
        f"{words.count(limits.threads, 'thread')}")]


def _stage_row(stage: StageProfile, longest: float) -> StageRow:
    helps = {one.name: one.help for one in STAGES}
    seconds = stage.seconds or 1e-9
    measured = not stage.earlier and stage.photos
    return StageRow(
        name=stage.name, does=helps.get(stage.name, "Read and check all photos."),
        length=stage.seconds / longest, time=words.duration(stage.seconds),
        cpu=words.duration(stage.cpu_seconds),
        cores="—" if stage.cpu_seconds is None else f"{stage.cpu_seconds / seconds:.1f}",
        memory=words.memory(stage.peak_memory_mb),
        rate=f"{stage.photos / seconds:.3g}" if measured or stage.photos else "—",
        written=words.memory(stage.bytes_written / 2**20) if stage.bytes_written else "—",
        note=_note(stage), work=tuple(_work_rows(stage)),
    )


def _note(stage: StageProfile) -> str:
    if stage.earlier:
        return "done by an earlier command" + ("" if stage.work else ", which was not profiled")
    if stage.seconds_before:
        return f"and {words.duration(stage.seconds_before)} in earlier, interrupted attempts"
    return ""


def _work_rows(stage: StageProfile) -> Iterator[WorkRow]:
    """Yield the kinds of work, longest first; at the end the rest, with all very short kinds."""
    if not stage.work:
        return
    least = _SMALLEST * stage.seconds
    listed = {kind: work for kind, work in stage.work.items() if work.seconds >= least}
    for kind, work in sorted(listed.items(), key=lambda pair: -pair[1].seconds):
        yield _work_row(kind, work, stage.seconds)
    cpu = (stage.cpu_seconds or 0.0) - sum(work.cpu_seconds for work in listed.values())
    rest = stage.seconds - sum(work.seconds for work in listed.values())
    if rest >= least:
        left = WorkProfile(seconds=rest, cpu_seconds=max(0.0, cpu), calls=0)
        yield _work_row(_OTHER, left, stage.seconds)


def _work_row(kind: str, work: WorkProfile, total: float) -> WorkRow:
    limit = work.share_of_limit
    return WorkRow(
        name="everything else" if kind == _OTHER else KINDS.get(kind, kind),
        style=kind if kind in KINDS else _OTHER, seconds=work.seconds,
        share=work.seconds / (total or 1e-9), time=words.duration(work.seconds),
        cpu=words.duration(work.cpu_seconds), limit="" if limit is None else f"{100 * limit:.0f} %",
    )
