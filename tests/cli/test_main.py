"""How the command ends its process."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys
from tag2mask.core.processes.state import Failure, state
atexit.register(print, "ordinary exit")
state.failure = {failure}
sys.argv = ["tag2mask", "run", "nowhere", "--out", "nothing"]
from tag2mask.cli import main
main()
"""


@pytest.mark.parametrize(("failure", "said", "printed"), [
    ("None", "nowhere", "ordinary exit\n"), ('Failure(1, "broken", 2)', "broken", ""),
])
def test_a_process_of_a_failed_group_ends_at_once(failure: str, said: str, printed: str) -> None:
    """With its code and its message: torch's threads abort an ordinary exit."""
    ended = subprocess.run([sys.executable, "-c", PROGRAM.format(failure=failure)],
                           capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == printed
    assert said in ended.stderr
