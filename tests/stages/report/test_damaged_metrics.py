"""metrics.json is named where it is damaged, and only there."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tag2mask.core.contracts import InputError
from tag2mask.core.json_records import write_json
from tag2mask.run_folder.folder import RunFolder
from tag2mask.stages.report import page

MakeRun = Callable[..., RunFolder]
WRONG = ("text", [], {}, [{}], [None], None, -7, True)


def whole(run: RunFolder) -> dict[str, Any]:
    """Give the invented figures, with what the other pages read as well."""
    content = run.read_json(run.metrics)
    content["trust"] = {"val": {"photos": {"number": 9, "spearman": 0.9}, "images": 9,
                                "bins": [[0.1, 0.2, 3], [0.5, 0.6, 3]]}}
    content["figures"][-1] |= {
        "size_bins": {"edges": [0.02, 0.1], "miou": [0.1, None, 0.3]}, "trimap": {"4": 0.3},
        "calibration": {"ece": 0.1, "bins": {"confidence": [0.2], "accuracy": [0.1]}},
    }
    return content


def places(content: object, *above: object) -> Iterator[tuple[object, ...]]:
    """Yield the way to every value."""
    if isinstance(content, dict | list):
        for key in content if isinstance(content, dict) else range(len(content)):
            yield (*above, key)
            yield from places(content[key], *above, key)


def damaged(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the content with each value in turn replaced by one of another kind, or lost."""
    for number, place in enumerate(list(places(content))[::3]):
        changed = copy.deepcopy(content)
        holder: Any = changed
        for key in place[:-1]:
            holder = holder[key]
        if number % (len(WRONG) + 1) == len(WRONG):
            del holder[place[-1]]
        else:
            holder[place[-1]] = WRONG[number % (len(WRONG) + 1)]
        yield changed


def outcome(run: RunFolder) -> str:
    """Write the page; return the sentence where it is refused."""
    try:
        page.write_report(run, examples=0)
    except InputError as error:
        return str(error)
    return ""


def test_any_value_may_be_wrong(make_run: MakeRun) -> None:
    """The page is written, or the file is named; nothing else happens."""
    run = make_run(photos=1, classes=["cat"])
    told = []
    for content in damaged(whole(run)):
        write_json(run.metrics, content)
        told.append(outcome(run))
    assert len([sentence for sentence in told if sentence]) > 5
    assert all(str(run.metrics) in sentence for sentence in told if sentence)


def test_a_fault_of_the_page_is_not_blamed_on_the_file(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the traceback is needed."""
    run = make_run()

    def fail(*_: object) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(page.more_scores, "table", fail)
    with pytest.raises(KeyError, match="a fault of ours"):
        page.write_report(run)


def test_no_json(make_run: MakeRun) -> None:
    """The sentence says what helps."""
    run = make_run()
    content = run.read_json(run.metrics) | {"figures": 3}
    run.metrics.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=r"metrics\.json .*figures is 3, not a list.*repeat"):
        page.write_report(run)
