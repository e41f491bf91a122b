"""Web servers on this machine: one of files, and one like the Hugging Face hub."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the files in a folder; yields the address."""
    with _running(partial(_Quiet, directory=str(folder))) as address:
        yield address


@contextmanager
def hub(repositories: Mapping[str, Mapping[str, bytes]]) -> Iterator[str]:
    """Serve data sets as the hub does; yields its address.

    Args:
        repositories: files by path, by "USER/NAME" or "USER/NAME@REVISION".
    """
    commits = {key: _commit(files) for key, files in repositories.items()}

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(body=True)

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def log_message(self, format: str, *args: object) -> None:
            pass

        def _answer(self, *, body: bool) -> None:
            parts = unquote(urlsplit(self.path).path).strip("/").split("/")
            if parts[:2] == ["api", "datasets"]:
                self._tell(parts[2:], body)
            elif parts[0] == "datasets":
                place = parts.index("resolve")
                commit, *name = parts[place + 1:]
                self._send("/".join(parts[1:place]), commit, "/".join(name), body)
            else:
                self._refuse("RepoNotFound")

        def _tell(self, parts: list[str], body: bool) -> None:
            place = parts.index("revision") if "revision" in parts else len(parts)
            repo, revision = "/".join(parts[:place]), "/".join(parts[place + 1:]) or "main"
            if repo not in repositories:
                return self._refuse("RepoNotFound")
            key = repo if revision == "main" else f"{repo}@{revision}"
            if key not in repositories:
                return self._refuse("RevisionNotFound")
            content = {"id": repo, "sha": commits[key], "siblings": [
                {"rfilename": name, "size": len(data), "blobId": hashlib.sha1(data).hexdigest()}
                for name, data in repositories[key].items()]}
            return self._reply(json.dumps(content).encode(), {}, body)

        def _send(self, repo: str, commit: str, name: str, body: bool) -> None:
            key = next((key for key in repositories if commits[key] == commit), "")
            if key.partition("@")[0] != repo or name not in repositories[key]:
                return self._refuse("EntryNotFound")
            data = repositories[key][name]
            return self._reply(data, {"ETag": f'"{hashlib.sha1(data).hexdigest()}"',
                                      "X-Repo-Commit": commit}, body)

        def _reply(self, data: bytes, headers: Mapping[str, str], body: bool) -> None:
            self.send_response(200)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(data)

        def _refuse(self, code: str) -> None:
            self.send_response(404)
            self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with _running(Hub) as address:
        yield address


def _commit(files: Mapping[str, bytes]) -> str:
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()


@contextmanager
def _running(handler: object) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
