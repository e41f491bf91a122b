"""The report stands alone, is honest, escapes names, and survives runs that stopped early."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.json_records import write_record
from tag2mask.run_folder.folder import RunFolder
from tag2mask.run_folder.records import LeftOut, StageCost, read_metrics
from tag2mask.stages.report.page import write_report

MakeRun = Callable[..., RunFolder]
HOSTILE = '<script>alert("x")</script> & \'cat\' </style></svg>'
VOID = {"meta", "link", "img", "br", "rect", "line", "circle", "polyline"}


class Checker(HTMLParser):
    """Collects tags and addresses, and notes tags that are closed in the wrong order."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag and where it points to."""
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Only the innermost open tag may be closed."""
        if tag not in VOID:
            assert self.open.pop() == tag


def page_of(run: RunFolder, *, examples: int = 12) -> str:
    """Write the report and read it: whole, well nested, without script or outside address."""
    page = write_report(run, examples=examples).read_text(encoding="utf-8")
    checker = Checker()
    checker.feed(page)
    assert not checker.open
    assert checker.tags.isdisjoint({"script", "iframe", "object", "base"})
    assert all(address.startswith("data:") for address in checker.addresses)
    return page


def headline_of(page: str) -> str:
    """Find the large number on top, "" if there is none."""
    found = re.search(r'class="value" id="headline">([\d.]+)<', page)
    return found[1] if found else ""


def test_page_loads_nothing(make_run: MakeRun) -> None:
    """No address, no import, and a policy that forbids both."""
    page = page_of(make_run())
    assert not re.search(r"https?:|url\(|@import|srcset", page)
    assert "default-src 'none'" in page
    assert len(page) < 3_000_000


def test_headline_is_the_network_and_not_the_higher_oracle(make_run: MakeRun) -> None:
    """The oracle stands only below its own heading."""
    page = page_of(make_run())
    assert headline_of(page) == "30.1"
    oracles = page.index('<tbody class="oracles">')
    assert "98.7" not in page[:oracles]
    assert "98.7" in page[oracles:]


def test_page_shows_all_six_pictures_of_each_example(make_run: MakeRun) -> None:
    """Photo, map, pseudo mask, network, final mask and truth, and how to repeat the run."""
    page = page_of(make_run())
    assert page.count("<article") == 5
    assert page.count("<img") == 30
    assert "set/photo0" in page
    assert "tag2mask run DATA --out RUN" in page
    assert "model = &#34;unet&#34;" in page


def test_groups_hold_each_photo_once(make_run: MakeRun) -> None:
    """Best, median and worst are three different photos, in order."""
    page = page_of(make_run(), examples=3)
    assert re.findall(r"<h3>(Best|Median|Worst)</h3>", page) == ["Best", "Median", "Worst"]
    assert re.findall(r'class="file"><bdi>set/(\w+)', page) == ["photo0", "photo2", "photo4"]


def test_without_masks_the_page_speaks_of_agreement(make_run: MakeRun) -> None:
    """No truth, no oracle, and a sentence on what agreement is not."""
    page = page_of(make_run(masks=False))
    assert headline_of(page) == "61.2"
    assert "not a measure of quality" in page
    assert "agreement of the network with the pseudo mask on this photo" in page
    assert "figcaption>truth" not in page
    assert "Oracle" not in page


def test_without_predictions_the_pseudo_masks_speak(make_run: MakeRun) -> None:
    """What came before the network is called what it is."""
    page = page_of(make_run(predictions=False))
    assert headline_of(page) == "35.5"
    assert "not the end result" in page
    assert "figcaption>network" not in page


@pytest.mark.parametrize("count", [1, 2, 80])
def test_any_number_of_classes(make_run: MakeRun, count: int) -> None:
    """One class and 80 classes make a page."""
    page = page_of(make_run(classes=[f"class {i}" for i in range(count)]))
    assert headline_of(page) == "30.1"
    assert "class 0" in page


def test_hostile_names_are_text(make_run: MakeRun) -> None:
    """Names, warnings, commands and settings cannot break out of the text."""
    run = make_run(classes=[HOSTILE, "dog"])
    metrics = read_metrics(run)
    lost = LeftOut(photo=HOSTILE, why=HOSTILE)
    write_record(run.metrics, replace(
        metrics, warnings=(HOSTILE,), command=HOSTILE,
        data=replace(metrics.data, name=HOSTILE, left_out=(lost,)),  # type: ignore[type-var]
        stages={HOSTILE: StageCost(seconds=1, peak_memory_mb=1)},
    ))
    run.config.write_text(HOSTILE, encoding="utf-8")
    page = page_of(run)
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert "&lt;script&gt;" in page


def test_synthetic_data_are_called_so(make_run: MakeRun) -> None:
    """The label is there when it must be, and only then."""
    run = make_run()
    assert "synthetic" not in page_of(run).lower().split("</style>")[1]
    metrics = read_metrics(run)
    data = replace(metrics.data, synthetic=True)  # type: ignore[type-var]
    write_record(run.metrics, replace(metrics, data=data))
    assert '<strong class="badge">synthetic</strong>' in page_of(run)


def test_damaged_metrics_name_file_and_field(make_run: MakeRun) -> None:
    """A figure whose protocol is not complete is not shown."""
    run = make_run()
    text = run.metrics.read_text(encoding="utf-8")
    run.metrics.write_text(text.replace('"oracle": true', '"oracles": true'), encoding="utf-8")
    with pytest.raises(InputError, match=r"metrics\.json .*figures\[1\]\.oracle is missing"):
        write_report(run)


def test_a_run_with_data_only(make_run: MakeRun) -> None:
    """The page says that nothing was measured."""
    run = make_run()
    for path in (run.metrics, run.photo_scores, run.config):
        path.unlink()
    for folder in ("maps", "masks", "predictions", "classifier", "segmenter"):
        shutil.rmtree(run.root / folder)
    assert "Nothing has been measured yet" in page_of(run)


@pytest.mark.parametrize("folder", ["maps", "masks", "predictions", "classifier", "segmenter"])
def test_a_run_that_misses_one_folder(make_run: MakeRun, folder: str) -> None:
    """Whatever is missing is left out."""
    run = make_run()
    shutil.rmtree(run.root / folder)
    page_of(run)


def test_missing_photos_and_damaged_files_cost_only_their_pictures(make_run: MakeRun) -> None:
    """A lost photo loses its row, a damaged file its picture."""
    run = make_run()
    (run.root.parent / "set/photo0.png").unlink()
    run.map_file("set/photo1").write_bytes(b"no archive")
    run.mask_file("set/photo1").write_bytes(b"no picture")
    page = page_of(run)
    assert page.count("<article") == 4
    assert page.count("<img") == 22


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (30, 7)])
def test_photos_of_odd_sizes(make_run: MakeRun, size: tuple[int, int]) -> None:
    """A photo of one pixel in width is shown like any other."""
    assert page_of(make_run(size=size)).count("<article") == 5


@pytest.mark.parametrize("examples", [0, 1, 2, 100])
def test_any_number_of_examples(make_run: MakeRun, examples: int) -> None:
    """None, few, or more than there are."""
    assert page_of(make_run(), examples=examples).count("<article") == min(examples, 5)


def test_no_temporary_file_is_left(make_run: MakeRun) -> None:
    """The page has its final name and nothing else is there."""
    run = make_run()
    write_report(run)
    assert not list(run.root.glob(".*"))


def test_a_folder_without_a_run_is_the_users_mistake(make_run: MakeRun) -> None:
    """The sentence names the missing file."""
    run = make_run()
    run.data.unlink()
    with pytest.raises(InputError, match=r"data\.json"):
        write_report(run)


def test_a_threshold_chosen_with_masks_is_owned_up_to(make_run: MakeRun) -> None:
    """With an oracle by request no row but the oracle's is left, and the page says so on top."""
    run = make_run()
    assert "for one thing only" in page_of(run)
    metrics = read_metrics(run)
    figures = tuple(replace(figure, oracle=True) for figure in metrics.figures)
    write_record(run.metrics, replace(metrics, figures=figures))
    page = page_of(run)
    assert "they chose the threshold" in page
    assert headline_of(page) == "61.2"
    assert "chosen without masks" not in page
