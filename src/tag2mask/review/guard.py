"""Access checks that are applied to every request before it is processed.

The page is meant for one person on one machine. Other pages in the same browser must neither read
nor write through it, even under another host name for 127.0.0.1 (DNS rebinding), and other users
of the machine do not have the token.
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
    """Access rules of the server."""

    token: str
    host: str
    port: int
    largest_body: int
    """Maximum size of a request body, in bytes."""

    @property
    def cookie(self) -> str:
        """Return the name of the cookie; it is unique since ports of a host share cookies."""
        return f"tag2mask-{self.port}"


class Guard:
    """ASGI middleware that refuses requests which violate the rules."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        """Wrap an application."""
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with a one-sentence response, or pass it to the application."""
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
    """Return the refusal of a request or the redirect of a first visit; None if it may pass."""
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
    """Return whether a Host header names this server, not a foreign name that resolves to it."""
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
    """Return the reason why a write request counts as cross-site; "" if it does not."""
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
    """Limit the body size while it is received, which covers requests without a length header."""
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
