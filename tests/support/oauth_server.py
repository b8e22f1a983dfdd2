"""An OAuth 2 server for tests: client secrets, codes with PKCE, and tokens that are refreshed; over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

__all__ = ["OAuthServer"]


class OAuthServer:
    """Gives tokens ``access-1``, ``access-2`` … and puts them among `valid`, until the block ends."""

    def __init__(self, *, client: tuple[str, str] = ("ci", "secret-of-ci")) -> None:
        self.client = client
        self.valid: set[str] = set()
        """The tokens that let one in."""
        self.lasts = 3600.0
        """Seconds that a token is said to last."""
        self.refuse = ""
        """What a person's sign-in is answered with, if not with a code."""
        self.asked: list[dict[str, str]] = []
        """The forms that the token endpoint got."""
        self._codes: dict[str, dict[str, str]] = {}
        self._refresh: set[str] = set()
        self._numbers = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"home": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> OAuthServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def expire(self) -> None:
        """Let no token in any more that was given so far."""
        self.valid.clear()

    def forget_refresh(self) -> None:
        """Refuse every refresh token that was given so far."""
        self._refresh.clear()

    def code(self, asked: dict[str, str]) -> str:
        """Return a code for a sign-in."""
        code = f"code-{next(self._numbers)}"
        self._codes[code] = asked
        return code

    def token(self, form: dict[str, str], client: str) -> tuple[int, dict[str, Any]]:
        """Return status and answer of the token endpoint."""
        self.asked.append(form)
        kind = form.get("grant_type")
        if kind == "client_credentials":
            if client != ":".join(self.client):
                return 401, {"error": "invalid_client", "error_description": "no such client"}
        elif kind == "authorization_code":
            asked = self._codes.pop(form["code"], None)
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
                return 400, {"error": "invalid_grant"}
        elif kind == "refresh_token":
            if form["refresh_token"] not in self._refresh:
                return 400, {"error": "invalid_grant", "error_description": "the refresh token has ended"}
        else:
            return 400, {"error": "unsupported_grant_type"}
        number = next(self._numbers)
        self.valid.add(f"access-{number}")
        answer = {"access_token": f"access-{number}", "token_type": "Bearer", "expires_in": self.lasts}
        if kind != "client_credentials":
            self._refresh.add(f"refresh-{number}")
            answer["refresh_token"] = f"refresh-{number}"
        return 200, answer


class _Handler(BaseHTTPRequestHandler):
    home: OAuthServer

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        back = {"state": asked["state"]}
        back |= {"error": self.home.refuse} if self.home.refuse else {"code": self.home.code(asked)}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        _, _, pair = self.headers.get("Authorization", "").partition(" ")
        client = unquote(base64.b64decode(pair).decode())
        status, answer = self.home.token({name: values[0] for name, values in form.items()}, client)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
