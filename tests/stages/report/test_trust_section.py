"""The photos to look at first, and the plot that says whether the order is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from xml.etree import ElementTree

import invented_records
import pytest

from tag2mask.cli.closing import closing_lines
from tag2mask.core.json_records import write_record
from tag2mask.run_folder.data_file import read_run_dataset
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import RankAgreement, TrustFigures, read_metrics
from tag2mask.run_folder.tables import write_table
from tag2mask.stages.report.page import write_report
from tag2mask.stages.report.trust_figure import reliability_plot
from tag2mask.stages.report.trust_section import least_trusted, look_first, reliability

MakeRun = Callable[..., RunFolder]
BINS = ((0.2, 0.1, 5), (0.5, 0.4, 5), (0.9, 0.8, 4))


def judged(run: RunFolder, names: list[str]) -> RunFolder:
    """Write a `trust.csv` with these photos, lowest first, and a class on the last."""
    rows = [[name, "val", "", f"{0.1 * place:.4f}"] for place, name in enumerate(names, 1)]
    write_table(run.trust, ["image", "split", "class", "trust"],
                [*rows, [names[-1], "val", "cat", "0.0100"]])
    return run


def trusted(
    rho: float | None = 0.62, bins: tuple[tuple[float, float, int], ...] = BINS
) -> dict[str, TrustFigures]:
    """Return the trust figures of one split."""
    agreement = RankAgreement(number=14, spearman=rho)
    return {"val": TrustFigures(
        photos=agreement, classes=agreement, bins=bins, measure="rank correlation", split="val",
        images=14, tags="given", oracle=False, pretraining="", strategy=("plain",), method="cam",
        scales=(1.0,), flip=False, seed=0)}


def names_of(run: RunFolder) -> list[str]:
    """Name the run's photos."""
    return [photo.name for photo in read_run_dataset(run).photos]


def test_the_lowest_photos_come_first(make_run: MakeRun) -> None:
    """In the order of the table; classes are no photos, and a photo that is gone is passed over."""
    run = make_run(photos=6)
    names = names_of(run)
    judged(run, ["gone", *reversed(names)])
    assert [name for name, _ in least_trusted(run)] == ["gone", *reversed(names)]
    shown = look_first(run, read_run_dataset(run), most=2)
    assert [example.name for example in shown] == names[:-3:-1]
    assert shown[0].score == pytest.approx(0.2)
    assert {picture.kind for picture in shown[0].pictures} >= {"photo", "pseudo", "network"}


def test_the_page_shows_them_with_the_plot(make_run: MakeRun) -> None:
    """And, without masks, still the photos."""
    run = make_run()
    judged(run, names_of(run))
    write_record(run.metrics, replace(read_metrics(run), trust=trusted()))
    page = write_report(run).read_text(encoding="utf-8")
    assert "Look at these first" in page
    assert "rank correlation over 14 photos: 0.62" in page
    write_record(run.metrics, replace(read_metrics(run), trust={}))
    page = write_report(run).read_text(encoding="utf-8")
    assert "Look at these first" in page
    assert "Whether the order is right" not in page


def test_a_run_that_was_not_judged_has_no_such_section(make_run: MakeRun) -> None:
    """Nor such a closing line."""
    run = make_run()
    assert "Look at these first" not in write_report(run).read_text(encoding="utf-8")
    assert not any(line.startswith("Look at") for line in closing_lines(run))


def test_the_command_ends_with_three_photos(make_run: MakeRun) -> None:
    """And with the file that has the rest."""
    run = make_run()
    names = names_of(run)
    (line,) = (line for line in closing_lines(judged(run, names)) if line.startswith("Look at"))
    assert ", ".join(names[:3]) in line
    assert names[3] not in line
    assert str(run.trust) in line


def test_photos_per_dot_are_those_of_all_groups() -> None:
    """Groups differ in size; 14 photos in three of them."""
    bins = ((0.2, 0.1, 10), (0.5, 0.4, 2), (0.9, 0.8, 2))
    ((_, _, caption),) = reliability(invented_records.metrics(trust=trusted(bins=bins)))
    assert "Each dot is the mean of about 5 of them." in caption


@pytest.mark.parametrize("trust", [{}, trusted(rho=None), trusted(bins=())])
def test_without_a_correlation_there_is_no_plot(trust: Mapping[str, TrustFigures]) -> None:
    """Two photos show nothing."""
    assert reliability(invented_records.metrics(trust=trust)) == []


def test_the_plot_has_a_dot_per_bin_with_its_truth() -> None:
    """The better, the higher up and the further right."""
    root = ElementTree.fromstring(str(reliability_plot(BINS, title="t")))
    places = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in root.iter("circle")]
    assert len(places) == len(BINS)
    assert places == sorted(places, key=lambda place: (place[0], -place[1]))
    assert places[0][1] > places[-1][1]
    titles = [title.text for title in root.iter("title")]
    assert titles[0] == "trust 0.20: 10.0% true"


@pytest.mark.parametrize("bins", [[], [(0.5, 0.5, 1)], [(0.5, 0.1, 2), (0.5, 0.9, 2)]])
def test_a_plot_of_little(bins: list[tuple[float, float, int]]) -> None:
    """No bin, one bin, equal trust: still a figure."""
    figure = reliability_plot(bins, title="t")
    assert ElementTree.fromstring(str(figure)).get("aria-label")
    assert "nan" not in figure
