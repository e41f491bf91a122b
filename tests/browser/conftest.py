"""The page in Chromium, over a server in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from drawn_run import write_data, write_run

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")


@dataclass
class Server:
    """A server that can be killed and started again."""

    path: Path
    process: subprocess.Popen[str]
    url: str

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def start(path: Path, *options: str) -> Server:
    """Start the command and read the address that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tag2mask", "review", str(path), "--no-open", *options],
        stdout=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            return Server(path, process, found[0])
    raise AssertionError("the server ended without an address")


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Give a function that starts servers, which end with the test."""
    started: list[Server] = []

    def begin(path: Path, *options: str) -> Server:
        started.append(start(path, *options))
        return started[-1]

    yield begin
    for server in started:
        server.process.kill()
        server.process.wait()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Give a data set of drawn photos."""
    return write_data(tmp_path / "data")


@pytest.fixture
def run(data: Path, tmp_path: Path) -> Path:
    """Give a run over it."""
    return write_run(data, tmp_path / "run")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start the browser that is installed."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed; "
                              "`make test-browser` installs it")
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.skip("no Chromium is installed; on Debian: apt-get install chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Any) -> Iterator[Callable[..., Any]]:  # noqa: ANN401 - Playwright's own types
    """Give a function that opens an address in a browser of its own; no error may be logged."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(url: str, *, beside: Any = None, **options: Any) -> Any:  # noqa: ANN401
        size = options.pop("viewport", {"width": 1366, "height": 768})
        context = beside.context if beside else chromium.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda told: faults.append(told.text)
                if "Content Security Policy" in told.text else None)
        page.goto(url)
        page.locator("body[data-open]").wait_for()
        return page

    yield open_page
    for context in dict.fromkeys(contexts):
        context.close()
    assert not faults
