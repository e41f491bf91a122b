"""The parts of the page that need no browser, run by Node.js where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

STATIC = Path(__file__).parents[2] / "src" / "tag2mask" / "review" / "static"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")


def told(module: str, expression: str, *arguments: Any) -> Any:  # noqa: ANN401 - any JSON
    """Import all of a module, and evaluate an expression of `m`, the module, and `a`."""
    script = (f"import * as m from {json.dumps((STATIC / module).as_uri())};"
              f"const a = {json.dumps(arguments)};"
              f"console.log(JSON.stringify((() => {{ {expression} }})()));")
    done = subprocess.run([NODE or "node", "--input-type=module", "-e", script],
                          capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_step_of_the_brush_is_half_as_large_again() -> None:
    """And back; the smallest sizes change too, and the limits hold."""
    up, down = told("brush.js", """
        const sizes = (size, larger) => {
          const all = [size];
          for (let i = 0; i < 14; i++) all.push(m.stepped(all.at(-1), larger));
          return all;
        };
        return [sizes(1, true), sizes(250, false)];""")
    assert up[:8] == [1, 2, 3, 5, 8, 12, 18, 27]
    assert up[-1] == 250
    assert down[:4] == [250, 167, 111, 74]
    assert down[-1] == 1


def test_the_slider_has_small_and_large_sizes() -> None:
    """Every place is another size; small ones differ by a pixel, large ones by about a tenth."""
    sizes, places, between = told("brush.js", """
        return [m.SIZES, m.SIZES.map(m.placeOf), [26, 249].map(m.placeOf)];""")
    assert sizes[:15] == list(range(1, 16))
    assert sizes[-1] == 250
    assert all(1 <= after - size <= max(1, size / 7) for size, after in pairwise(sizes))
    assert places == list(range(len(sizes)))
    assert [sizes[place] for place in between] == [25, 250]


def test_a_notch_of_the_wheel_is_one_step() -> None:
    """Whatever a browser calls a notch; a touch pad sends many small events."""
    steps = told("brush.js", """
        const steps = (...turns) => {
          const notches = new m.Notches();
          return turns.map((deltaY) => notches.turn({ deltaX: 0, deltaY, deltaMode: 0 }));
        };
        const lines = new m.Notches().turn({ deltaX: 0, deltaY: 3, deltaMode: 1 });
        const sideways = new m.Notches().turn({ deltaX: -120, deltaY: 0, deltaMode: 0 });
        return [steps(120), steps(-53, -120), steps(20, 20, 20, 20), steps(40, -40, -40),
                lines, sideways];""")
    assert steps == [[-1], [1, 1], [0, 0, -1, 0], [0, 0, 1], -1, 1]


@pytest.mark.parametrize(("number", "tags", "order", "undecided"), [
    (3, [3], [1, 2, 3], 3), (9, [9, 4], list(range(1, 10)), 9),
    (11, [7, 10], [7, 10, 1, 2, 3, 4, 5, 6, 8, 9, 11], 2)])
def test_number_keys_are_those_of_the_data_set(
    number: int, tags: list[int], order: list[int], undecided: int
) -> None:
    """With more classes than keys, those with a tag come first."""
    classes = [{"label": label} for label in range(1, number + 1)]
    found = told("classes.js", "return [m.ordered(...a), m.undecidedRow(...a)];", classes, tags)
    assert [row["label"] for row in found[0]] == order
    assert found[1] == undecided


def photo(state: str, seconds: float = 0, *, changed: bool = False) -> dict[str, object]:
    """Give a photo of the queue."""
    return {"state": state, "seconds": seconds, "changed": changed}


def test_the_rest_is_estimated_from_five_finished_photos() -> None:
    """Skipped photos take no time, and looking at a photo finishes none."""
    four = [photo("accepted", 60) for _ in range(4)]
    rest = [photo("skipped", 1), photo("untouched", 300), *[photo("untouched")] * 9]
    assert told("progress.js", "return m.progress(...a);", [*four, *rest], 130) == (
        "5 of 15 done · 2 min")
    five = [*four, photo("corrected", 30)]
    assert told("progress.js", "return m.progress(...a);", [*five, *rest], 130) == (
        "6 of 16 done · 2 min · about 9 min for the other 10")
    assert told("progress.js", "return m.progress(...a);", five, 59) == "5 of 5 done · 0 min"


def test_the_end_of_a_session_counts_what_was_changed() -> None:
    """Accepted photos with and without changes, and the others."""
    done = [photo("accepted", changed=True), photo("accepted"), photo("corrected", changed=True),
            photo("skipped"), photo("untouched")]
    assert told("progress.js", "return m.summary(...a);", done, 600) == (
        "2 accepted, 1 of them changed, 1 corrected only, 1 skipped in 10 min.")
    assert told("progress.js", "return m.summary(...a);", done[:1], 42) == (
        "1 accepted, 1 of them changed in 42 s.")
    nothing = told("progress.js", "return m.summary(...a);", done[-1:], 5)
    assert nothing.startswith("No mask has been")


def test_clicks_that_were_drawn_over_do_not_count() -> None:
    """Only the latest one counts in any case."""
    labels = [0, 1, 2,
              1, 0, 0]
    clicks = [[0, 1, True], [0, 0, True], [1, 0, False], [1, 1, False], [0, 2, True]]
    assert told("clicks.js", "return m.counting(...a);", clicks, labels, 3, 1) == [
        [0, 1, True], [1, 1, False], [0, 2, True]]


def test_what_a_person_has_drawn_is_told_from_what_was_there() -> None:
    """Also after another mask was taken as the start, and after going back."""
    steps = told("editor.js", """
        const editor = new m.Editor(4, 1, Uint8Array.from([1, 1, 0, 0]));
        const made = () => [0, 1, 2, 3].map((i) => Number(editor.made(i)));
        editor.begin();
        editor.labels[2] = 1;
        editor.commit();
        const all = [made()];
        editor.replace(Uint8Array.from([0, 0, 2, 2]));
        editor.commit();
        all.push(made());
        editor.undo();
        all.push(made());
        editor.redo();
        return [...all, made()];""")
    assert steps == [[0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]


def test_what_is_remarkable_about_a_draft() -> None:
    """Said with the keys that help."""
    classes = [{"label": 1, "name": "box"}, {"label": 2, "name": "ring"}]
    both = told("remarks.js", "return m.remark(...a);", {"network": True, "most": 2}, classes)
    assert both == ("Mostly wrong? M starts from the network's mask. "
                    "Most is marked as ring: X clears a part.")
    nothing = told("remarks.js", "return m.remark(...a);", {"network": False, "most": 0}, classes)
    assert nothing == ""


@pytest.mark.parametrize(("number", "words"), [(0, ""), (1, "Under 1 %"), (12, "6 %")])
def test_the_undecided_share(number: int, words: str) -> None:
    """In whole percent."""
    labels = [255] * number + [1] * 100 + [0] * (100 - number)
    assert told("remarks.js", "return m.undecided(a[0]);", labels) == words


EDITOR = """
    const editor = new m.Editor(3, 2, new Uint8Array([0, 1, 1, 0, 0, 2]));
    editor.origins.push({ labels: editor.labels.slice(), to: "draft" });
    editor.draft = true;
    const seen = [];
    const look = () => seen.push([editor.origin(), editor.draft, editor.labels.join("")]);
"""


def test_undo_to_the_draft_is_the_draft_again() -> None:
    """Also through a stroke that made it the mask of a person; redo leaves it."""
    assert told("editor.js", EDITOR + """
        editor.begin(); editor.stamp(0, 1, 0, 1, 0.5, 1); editor.commit(); look();
        editor.begin(); editor.clicks.set(1, [[0, 1, true]]); editor.commit(); look();
        editor.undo(); editor.undo(); look();
        editor.redo(); look();
        return seen;""") == [[None, False, "011102"], [None, False, "011102"],
                             ["draft", True, "011002"], [None, False, "011102"]]


def test_back_to_the_draft_is_a_step() -> None:
    """With the clicks; nothing to do is no step."""
    assert told("editor.js", EDITOR + """
        const draft = editor.labels.slice();
        seen.push(editor.restart(draft));
        editor.begin(); editor.stamp(0, 1, 0, 1, 0.5, 1);
        editor.clicks.set(1, [[0, 1, true]]); editor.commit();
        seen.push(editor.restart(draft), editor.clicks.size); look();
        editor.undo(); seen.push(editor.clicks.size); look();
        return seen;""") == [False, True, 0, ["draft", True, "011002"],
                             1, [None, False, "011102"]]


def test_the_history_of_the_last_photos_is_kept() -> None:
    """If the server still has the mask that it belongs to."""
    assert told("histories.js", """
        const histories = new m.Histories();
        for (let i = 0; i < 20; i++) histories.keep(i, { labels: [i] });
        histories.keep(0, { labels: [0] });
        histories.keep(20, { labels: [20] });
        const found = (place, labels) => Boolean(histories.find(place, labels));
        return [found(0, [0]), found(1, [1]), found(2, [2]), found(20, [20]), found(20, [3]),
                found(20, [20, 0])];""") == [True, False, True, True, False, False]
