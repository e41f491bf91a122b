"""Who may ask: checks of every request before anything else sees it.

The page belongs to one person on one machine. Other pages in the same browser must neither read
nor write through it, whatever name they give to 127.0.0.1 (DNS rebinding), and other users of the
machine have no token.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")
WRITES = ("POST", "PUT", "PATCH", "DELETE")
TOKEN_HEADER = "x-tag2mask-token"

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
          "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")

HEADERS = {
    "content-security-policy": POLICY, "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer", "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin", "x-frame-options": "DENY",
}


@dataclass(frozen=True)
class Rules:
    """What is allowed."""

    token: str
    host: str
    port: int
    largest_body: int
    """Bytes."""

    @property
    def cookie(self) -> str:
        """Name of the cookie; browsers share cookies between the ports of a host."""
        return f"tag2mask-{self.port}"


class Guard:
    """ASGI middleware that refuses what the rules do not allow."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        """Wrap an application."""
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with one sentence, or pass it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *own]}
            await send(message)

        refused = refusal(scope, self._rules)
        if refused is not None:
            await refused(scope, receive, send_guarded)
            return
        await self._app(scope, _limited(receive, self._rules.largest_body), send_guarded)


def refusal(scope: Scope, rules: Rules) -> Response | None:
    """Say why a request is refused, or lead the first visit to the page; None where it may pass."""
    headers = Headers(scope=scope)
    if not known_host(headers.get("host", ""), rules):
        return PlainTextResponse("This server does not go by that name.", 421)
    if scope["method"] in WRITES and (why := _foreign(headers)):
        return PlainTextResponse(why, 403)
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > rules.largest_body:
        return PlainTextResponse("The request is too large.", 413)
    given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
    if scope["path"] == "/" and scope["method"] == "GET" and _same(given, rules.token):
        answer = RedirectResponse("/", 303)
        answer.set_cookie(rules.cookie, rules.token, httponly=True, samesite="strict")
        return answer
    if scope["method"] in WRITES:
        known = _same(headers.get(TOKEN_HEADER, ""), rules.token)
    else:
        known = _same(_cookie(headers, rules.cookie), rules.token)
    if not known:
        return PlainTextResponse("Open the address that `tag2mask review` printed: it carries the "
                                 "token without which nothing is shown or saved.", 401)
    return None


def known_host(host: str, rules: Rules) -> bool:
    """Whether a Host header names this server, and not a name that somebody pointed at it."""
    name, _, port = host.rpartition(":")
    name = name.strip("[]").lower()
    if port != str(rules.port):
        return False
    if name in LOCAL or name == rules.host.lower():
        return True
    if rules.host not in EVERYWHERE:
        return False
    if name == socket.gethostname().lower():
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _foreign(headers: Headers) -> str:
    """Say why a write comes from elsewhere; "" where it does not."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
    if origin is not None and origin != f"http://{headers['host']}":
        return "Writes are only accepted from the page itself."
    return "" if site in ("same-origin", "none") else "Writes from other sites are refused."


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _limited(receive: Receive, largest: int) -> Receive:
    """Count the body while it comes: a request without a length is held to the limit too."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > largest:
                return {"type": "http.disconnect"}
        return message

    return limited
