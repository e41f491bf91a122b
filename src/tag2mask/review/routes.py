"""Requests of the page. Photos are identified by their index in the queue, never by a path."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.crf.click_regions import Click
from tag2mask.data import photo_size
from tag2mask.data.dataset import Photo
from tag2mask.pages.templates import resource
from tag2mask.review.annotations import NEW, Annotations, ConflictError, edit_size
from tag2mask.review.proposals import Proposals
from tag2mask.review.queue import Thumbnails, class_rows, photo_rows, sitting_rows
from tag2mask.review.source import Source, fitted
from tag2mask.review.tiles import Tiles
from tag2mask.review.training import Training

MOST_CLICKS = 500
_HOME = "tag2mask.review"
_BYTES = "application/octet-stream"

Endpoint = Callable[[Request, Photo, bytes], Response]


class Routes:
    """Handlers of the requests; they run in threads since all of them access files."""

    def __init__(self, source: Source, token: str) -> None:
        """Open the annotations of the data set."""
        self.source, self._token = source, token
        self.annotations = Annotations(source)
        self.proposals, self.training = Proposals(source), Training(source)
        self._thumbnails, self._tiles = Thumbnails(source, self.annotations), Tiles()

    def app(self) -> Starlette:
        """Return the application with all routes."""
        photo = "/api/photos/{place:int}"
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/api/queue", self._queue),
                Route("/api/train", self._train, methods=["GET", "POST"]),
                self._route(f"{photo}/photo", self._photo),
                self._route(f"{photo}/tile", self._tile),
                self._route(f"{photo}/thumbnail", self._thumbnail),
                self._route(f"{photo}/mask", self._mask),
                self._route(f"{photo}/mask", self._save, "PUT"),
                self._route(f"{photo}/network", self._network),
                self._route(f"{photo}/heat", self._heat),
                self._route(f"{photo}/propose", self._propose, "POST"),
                self._route(f"{photo}/skip", self._skip, "POST"),
                Route("/palette.css", self._palette),
                Mount("/static", StaticFiles(packages=[(_HOME, "static")])),
            ],
            exception_handlers={InputError: _mistake, ValueError: _mistake,
                                ClientDisconnect: _too_large},
        )

    def _route(self, path: str, answer: Endpoint, method: str = "GET") -> Route:
        return Route(path, partial(self._answer, answer), methods=[method])

    async def _answer(self, answer: Endpoint, request: Request) -> Response:
        place = int(request.path_params["place"])
        if place >= len(self.source.photos):
            return PlainTextResponse("There is no such photo.", 404)
        body = await request.body()
        return await run_in_threadpool(answer, request, self.source.photos[place], body)

    def _page(self, request: Request) -> Response:
        page = resource(_HOME, "static/index.html").replace("__TOKEN__", self._token)
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    def _palette(self, request: Request) -> Response:
        return Response(resource("tag2mask.pages", "palette.css"), media_type="text/css")

    def _queue(self, request: Request) -> Response:
        run = self.source.run
        return JSONResponse({
            "data": str(self.source.dataset.root.resolve().name), "run": run is not None,
            "classes": class_rows(self.source),
            "photos": photo_rows(self.source, self.annotations),
            "sitting": self.annotations.sitting, **sitting_rows(self.annotations),
            "command": self.training.status().command,
        }, headers={"cache-control": "no-store"})

    def _photo(self, request: Request, photo: Photo, body: bytes) -> Response:
        self.proposals.prepare(photo)
        return _jpeg(self.proposals.image(photo))

    def _tile(self, request: Request, photo: Photo, body: bytes) -> Response:
        row, column = (_number(request.query_params, key) for key in ("row", "column"))
        return _jpeg(self._tiles(photo, row, column))

    def _thumbnail(self, request: Request, photo: Photo, body: bytes) -> Response:
        return Response(self._thumbnails(photo), media_type="image/webp",
                        headers={"cache-control": "private, max-age=86400"})

    def _mask(self, request: Request, photo: Photo, body: bytes) -> Response:
        version, size = self.annotations.version(photo), photo_size(photo.path)
        draft = version == NEW and self.source.has_draft(photo)
        if version == NEW and not draft and self.training.busy:
            raise InputError("The training is making this mask again; open the photo once more "
                             "when it has ended.")
        mask = fitted(self.annotations.mask(photo), edit_size(size))
        return _labels(mask, {"etag": f'"{version}"', "x-photo-size": f"{size[1]}x{size[0]}",
                              "x-draft": str(int(draft))})

    def _network(self, request: Request, photo: Photo, body: bytes) -> Response:
        mask = self.source.network_mask(photo)
        if mask is None:
            return PlainTextResponse("This run has no mask of the network for this photo.", 404)
        return _labels(fitted(mask, edit_size(photo_size(photo.path))))

    def _heat(self, request: Request, photo: Photo, body: bytes) -> Response:
        size = edit_size(photo_size(photo.path))
        scores = self.source.scores(photo, _number(request.query_params, "label"), size)
        if scores is None:
            return PlainTextResponse("No scores of this class are known for this photo.", 404)
        return _labels((scores * 255).astype(np.uint8))

    def _save(self, request: Request, photo: Photo, body: bytes) -> Response:
        state = request.query_params.get("state", "corrected")
        if state not in ("corrected", "accepted"):
            raise ValueError("the state is corrected or accepted")
        try:
            version = self.annotations.save(
                photo, _as_mask(body, photo), state="accepted" if state == "accepted"
                else "corrected", version=request.headers.get("if-match", "").strip('"'),
                seconds=min(86_400, _number(request.query_params, "seconds")),
                clicks=_number(request.query_params, "clicks"))
        except ConflictError:
            return PlainTextResponse(
                "Somebody else has saved this mask.", 412,
                headers={"etag": f'"{self.annotations.version(photo)}"'})
        return Response(status_code=204, headers={"etag": f'"{version}"'})

    def _skip(self, request: Request, photo: Photo, body: bytes) -> Response:
        self.annotations.skip(photo, seconds=min(86_400, _number(request.query_params, "seconds")))
        return Response(status_code=204)

    def _propose(self, request: Request, photo: Photo, body: bytes) -> Response:
        label = _number(request.query_params, "label")
        if not (1 <= label < self.source.num_labels or label == IGNORE):
            raise ValueError("there is no such class")
        clicks = _clicks(request.query_params.get("clicks", ""))
        region = self.proposals.answer(photo, label, clicks, _as_mask(body, photo),
                                       whole=_number(request.query_params, "whole") > 0)
        return _labels(region.astype(np.uint8))

    async def _train(self, request: Request) -> Response:
        if request.method == "POST":
            await run_in_threadpool(self.training.start)
        return JSONResponse(asdict(self.training.status()), headers={"cache-control": "no-store"})


def _jpeg(image: np.ndarray) -> Response:
    """Return a photo or a part of it."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="JPEG", quality=92)
    return Response(buffer.getvalue(), media_type="image/jpeg",
                    headers={"cache-control": "private, max-age=600"})


def _labels(plane: np.ndarray, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with one byte per pixel in row-major order, and the size in a header."""
    size = {"x-size": f"{plane.shape[1]}x{plane.shape[0]}", "cache-control": "no-store"}
    return Response(np.ascontiguousarray(plane).tobytes(), media_type=_BYTES,
                    headers={**size, **(headers or {})})


def _as_mask(body: bytes, photo: Photo) -> np.ndarray:
    size = edit_size(photo_size(photo.path))
    if len(body) != size[0] * size[1]:
        raise ValueError(f"the mask must have {size[0]} rows of {size[1]} bytes")
    return np.frombuffer(body, np.uint8).reshape(size)


def _number(values: Mapping[str, str], key: str) -> int:
    text = values.get(key, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError(f"{key} must be a whole number")
    return int(text)


def _clicks(text: str) -> list[Click]:
    """Parse clicks from JSON of the form `[[y, x, positive], ...]`."""
    rows = json.loads(text)
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_CLICKS:
        raise ValueError(f"give 1 to {MOST_CLICKS} clicks")
    try:
        return [Click(float(y), float(x), bool(positive)) for y, x, positive in rows]
    except TypeError as error:
        raise ValueError("a click is [y, x, positive]") from error


def _mistake(request: Request, error: Exception) -> Response:
    status = 409 if isinstance(error, InputError) else 400
    return PlainTextResponse(str(error), status)


def _too_large(request: Request, error: Exception) -> Response:
    return PlainTextResponse("The request is too large.", 413)
