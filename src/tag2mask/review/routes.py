"""Requests of the page. Photos are identified by their index in the queue, never by a path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tag2mask.core.contracts import IGNORE, InputError
from tag2mask.data import photo_size
from tag2mask.data.dataset import Photo
from tag2mask.pages.templates import resource
from tag2mask.review.annotations import NEW, Annotations, ConflictError, edit_size
from tag2mask.review.better_start import Remarks, remarks
from tag2mask.review.proposals import Proposals
from tag2mask.review.queue import Thumbnails, class_rows, photo_rows, sitting_rows
from tag2mask.review.sitting import is_changed
from tag2mask.review.source import Source, fitted
from tag2mask.review.tiles import Tiles
from tag2mask.review.training import Training
from tag2mask.review.wire import (
    as_mask,
    clicks,
    effort,
    if_match,
    jpeg,
    labels,
    mistake,
    number,
    too_large,
)

_HOME = "tag2mask.review"

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
                self._route(f"{photo}/draft", self._draft),
                self._route(f"{photo}/back", self._back, "POST"),
                self._route(f"{photo}/network", self._network),
                self._route(f"{photo}/heat", self._heat),
                self._route(f"{photo}/propose", self._propose, "POST"),
                self._route(f"{photo}/box", self._box, "POST"),
                self._route(f"{photo}/skip", self._skip, "POST"),
                Route("/palette.css", self._palette),
                Mount("/static", StaticFiles(packages=[(_HOME, "static")])),
            ],
            exception_handlers={InputError: mistake, ValueError: mistake,
                                ConflictError: self._conflict, ClientDisconnect: too_large},
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
            "sitting": self.annotations.sitting, **sitting_rows(self.source, self.annotations),
            "command": self.training.status().command,
        }, headers={"cache-control": "no-store"})

    def _photo(self, request: Request, photo: Photo, body: bytes) -> Response:
        self.proposals.prepare(photo)
        return jpeg(self.proposals.image(photo))

    def _tile(self, request: Request, photo: Photo, body: bytes) -> Response:
        row, column = (number(request.query_params, key) for key in ("row", "column"))
        return jpeg(self._tiles(photo, row, column))

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
        found = remarks(self.source, photo) if draft else Remarks()
        return labels(mask, {
            "etag": f'"{version}"', "x-photo-size": f"{size[1]}x{size[0]}",
            "x-draft": str(int(draft)), "x-first": self.annotations.first_version(photo),
            "x-network": str(int(found.network)), "x-most": str(found.most)})

    def _draft(self, request: Request, photo: Photo, body: bytes) -> Response:
        if not self.source.has_draft(photo) and self.training.busy:
            raise InputError("The training is making this mask again; try when it has ended.")
        return labels(fitted(self.source.draft(photo), edit_size(photo_size(photo.path))))

    def _network(self, request: Request, photo: Photo, body: bytes) -> Response:
        mask = self.source.network_mask(photo)
        if mask is None:
            return PlainTextResponse("This run has no mask of the network for this photo.", 404)
        return labels(fitted(mask, edit_size(photo_size(photo.path))))

    def _heat(self, request: Request, photo: Photo, body: bytes) -> Response:
        size = edit_size(photo_size(photo.path))
        scores = self.source.scores(photo, number(request.query_params, "label"), size)
        if scores is None:
            return PlainTextResponse("No scores of this class are known for this photo.", 404)
        return labels((scores * 255).astype(np.uint8))

    def _save(self, request: Request, photo: Photo, body: bytes) -> Response:
        state = request.query_params.get("state", "corrected")
        if state not in ("corrected", "accepted"):
            raise ValueError("the state is corrected or accepted")
        version = self.annotations.save(
            photo, as_mask(body, photo), state="accepted" if state == "accepted"
            else "corrected", version=if_match(request), **effort(request))
        return self._stored(photo, version, state)

    def _back(self, request: Request, photo: Photo, body: bytes) -> Response:
        to = request.query_params.get("to", "")
        if to not in ("draft", "start"):
            raise ValueError("to is draft or start")
        version, state = self.annotations.go_back(
            photo, to="draft" if to == "draft" else "start", version=if_match(request),
            **effort(request))
        return self._stored(photo, version, state)

    def _stored(self, photo: Photo, version: str, state: str) -> Response:
        changed = is_changed(self.source, self.annotations, photo)
        return Response(status_code=204, headers={
            "etag": f'"{version}"', "x-state": state, "x-changed": str(int(changed))})

    def _conflict(self, request: Request, error: Exception) -> Response:
        photo = self.source.photos[int(request.path_params["place"])]
        return PlainTextResponse("Somebody else has saved this mask.", 412, headers={
            "etag": f'"{self.annotations.version(photo)}"'})

    def _skip(self, request: Request, photo: Photo, body: bytes) -> Response:
        self.annotations.skip(photo, seconds=min(86_400, number(request.query_params, "seconds")))
        return Response(status_code=204)

    def _propose(self, request: Request, photo: Photo, body: bytes) -> Response:
        label = self._label(request)
        given = clicks(request.query_params.get("clicks", ""))
        region = self.proposals.answer(photo, label, given, as_mask(body, photo),
                                       whole=number(request.query_params, "whole") > 0)
        return labels(region.astype(np.uint8))

    def _box(self, request: Request, photo: Photo, body: bytes) -> Response:
        top, left, bottom, right = (number(request.query_params, side)
                                    for side in ("top", "left", "bottom", "right"))
        region = self.proposals.fill(photo, self._label(request), (top, left, bottom, right),
                                     as_mask(body, photo))
        return labels(region.astype(np.uint8))

    def _label(self, request: Request) -> int:
        label = number(request.query_params, "label")
        if not (1 <= label < self.source.num_labels or label == IGNORE):
            raise ValueError("there is no such class")
        return label

    async def _train(self, request: Request) -> Response:
        if request.method == "POST":
            await run_in_threadpool(self.training.start)
        return JSONResponse(asdict(self.training.status()), headers={"cache-control": "no-store"})
