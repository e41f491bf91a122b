"""Hundreds of damaged inputs: each ends with a result or with one sentence, never otherwise.

TAG2MASK_FUZZ_INPUTS and TAG2MASK_FUZZ_SEED choose how many inputs, and which.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from judging import changes, faults, listing
from mutating_bytes import ANY, Mutator
from mutating_json import JSON
from mutating_pictures import PICTURE
from mutating_text import TABLE, TOML, XML

from processes import Ending

INPUTS = int(os.environ.get("TAG2MASK_FUZZ_INPUTS", "300"))
SEED = int(os.environ.get("TAG2MASK_FUZZ_SEED", "1"))


@pytest.mark.slow
def test_damaged_inputs_end_with_a_result_or_a_sentence(
    tiny_data: Path, finished: Path, tmp_path: Path
) -> None:
    """Each input runs in a process of its own, forked from one that has loaded everything."""
    program = Path(__file__).with_name("campaign.py")
    words = [tiny_data, finished, tmp_path / "scratch", SEED, 0, INPUTS]
    here = {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(tmp_path / "hub"), "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, program, *map(str, words)], env=os.environ | here,
                          stdout=subprocess.PIPE, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [row for row in rows if row["wrong"]]
    assert len(rows) == INPUTS
    assert not wrong, json.dumps(wrong[:10], indent=1)
    assert min(Counter(row["code"] for row in rows)[code] for code in (0, 2)) > INPUTS // 10


@pytest.mark.parametrize("mutators", [ANY, TABLE, XML, TOML, JSON, PICTURE], ids=len)
def test_mutators_are_repeatable(mutators: tuple[Mutator, ...]) -> None:
    """The same seed damages alike, and most damage changes something."""
    content = b'{"image": ["p01.png", "disc"], "split": 1}\nimage,tags\np02.png,disc\n' * 3
    made = [mutator(content, Random(7)) for mutator in mutators]
    assert made == [mutator(content, Random(7)) for mutator in mutators]
    assert sum(one != content for one in made) > 0.7 * len(made)


@pytest.mark.parametrize(("ending", "found"), [
    (Ending(0, "16 photos\n", ""), []),
    (Ending(2, "", "Warning: few photos\nError: tags.csv is empty; fill it.\n"), []),
    (Ending(1, "", "Error: KeyError - this is a fault of tag2mask\n"), ["ended with 1"]),
    (Ending(-9, "", ""), ["ended with -9"]),
    (Ending(2, "", "KeyError\n"), ["no one sentence at the end"]),
    (Ending(0, "caf\x1b[31m\n", ""), ["a control character in what is printed"]),
    (Ending(0, "", "a/b.py:3: UserWarning: odd\n"), ["a warning of Python's"]),
])
def test_endings_are_judged(ending: Ending, found: list[str]) -> None:
    """The judgement itself can fail."""
    assert list(faults(ending)) == found


def test_files_outside_are_noticed(tmp_path: Path) -> None:
    """A file that is new, changed or gone counts; one in an allowed place does not."""
    for name in ("kept", "changed", "gone"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    before = listing(tmp_path)
    (tmp_path / "changed").write_text("xy", encoding="utf-8")
    (tmp_path / "gone").unlink()
    for folder in ("out", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "new").touch()
    assert changes(before, listing(tmp_path), allowed=("out",)) == [
        "changed", "elsewhere", "elsewhere/new", "gone"]
