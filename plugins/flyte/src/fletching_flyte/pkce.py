"""Signing in with a browser: the code comes back to a port of this machine, and only who asked can use it."""

from __future__ import annotations

import base64
import hashlib
import secrets
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from fletching_flyte.oauth import request_token
from fletching_flyte.problems import FlyteAuthenticationException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fletching_flyte.config import PlatformConfig
    from fletching_flyte.tokens import Token

__all__ = ["sign_in_with_browser"]

PATIENCE = 300.0
"""Seconds that a person has for it."""

PAGE = "<!doctype html><title>Fletching</title><p>{}</p>"


class Answer(ThreadingHTTPServer):
    """Waits for the one request that the browser is sent here with.

    Browsers open connections that they may never use, so none may have to wait for another one.
    """

    daemon_threads = True

    def __init__(self, host: str, port: int, path: str, state: str) -> None:
        self.path, self.state = path, state
        self.code = self.problem = ""
        self.arrived = threading.Event()
        super().__init__((host, port), Handler)


class Handler(BaseHTTPRequestHandler):
    """One request; what is not the answer is refused and changes nothing."""

    server: Answer

    def do_GET(self) -> None:
        """Take the code, if it was asked for from here."""
        url = urlsplit(self.path)
        given = {name: values[0] for name, values in parse_qs(url.query).items()}
        state = given.get("state", "")
        if url.path != self.server.path or not secrets.compare_digest(state.encode(), self.server.state.encode()):
            self._say(400, "This is not the answer that was waited for.")
            return
        self.server.code = given.get("code", "")
        if not self.server.code:
            said = [given[key] for key in ("error", "error_description") if key in given]
            self.server.problem = ": ".join(said) or "the answer holds no code"
        self._say(200, "Not signed in; see the terminal." if self.server.problem else "Signed in. You can close this.")
        self.server.arrived.set()

    def _say(self, status: int, text: str) -> None:
        body = PAGE.format(text).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the request holds the code."""


def sign_in_with_browser(
    platform: PlatformConfig,
    *,
    authorization_endpoint: str,
    token_endpoint: str,
    client_id: str,
    redirect_uri: str,
    scopes: Sequence[str],
    audience: str = "",
    patience: float = PATIENCE,
) -> Token:
    """Have a person sign in, and return the token.

    Raises:
        FlyteAuthenticationException: nobody did, or was let in.
    """
    import webbrowser

    verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = urlsplit(redirect_uri)
    if back.hostname not in ("localhost", "127.0.0.1", "::1") or back.port is None:
        raise FlyteAuthenticationException(
            f"{platform.endpoint} sends browsers to {redirect_uri!r}, which is no port of this machine; use auth mode "
            "'ClientSecret' or 'ExternalCommand'"
        )
    try:
        server = Answer(back.hostname, back.port, back.path, state)
    except OSError as error:
        raise FlyteAuthenticationException(f"cannot wait for the browser at {redirect_uri}: {error}") from error
    asked = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **({"audience": audience} if audience else {}),
    }
    url = f"{authorization_endpoint}{'&' if '?' in authorization_endpoint else '?'}{urlencode(asked)}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="fletching-sign-in", daemon=True)
    thread.start()
    try:
        print(f"signing in to {platform.endpoint}; if no browser opens, visit\n  {url}", file=sys.stderr)  # noqa: T201
        webbrowser.open(url)
        if not server.arrived.wait(patience):
            raise FlyteAuthenticationException(f"nobody signed in to {platform.endpoint} within {patience:g} seconds")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    if server.problem:
        raise FlyteAuthenticationException(f"not signed in to {platform.endpoint}: {server.problem}")
    form = {
        "grant_type": "authorization_code",
        "code": server.code,
        "redirect_uri": redirect_uri,
        "client_id": client_id,
        "code_verifier": verifier,
    }
    return request_token(platform, token_endpoint, form)
