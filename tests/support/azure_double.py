"""As much of Azure's blob service as a client of files needs; it checks every signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from object_stores import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ACCOUNT", "KEY", "AzureDouble", "azure_double"]

ACCOUNT = "tests"
KEY = base64.b64encode(b"a key that only tests have").decode()
SIGNED = [
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-MD5",
    "Content-Type",
    "Date",
    "If-Modified-Since",
    "If-Match",
    "If-None-Match",
    "If-Unmodified-Since",
    "Range",
]
PAGE = 3
"""Entries of one answer: a client that does not ask for the next page misses some."""


class AzureDouble:
    """What is in the service."""

    def __init__(self) -> None:
        self.containers: dict[str, dict[str, bytes]] = {}
        self.metadata: dict[str, dict[str, str]] = {}
        self.blocks: dict[str, bytes] = {}
        self.url = ""

    def settings(self) -> dict[str, str]:
        """Return the environment that reaches it."""
        return {
            "AZURE_STORAGE_CONNECTION_STRING": f"AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={self.url}",
            "FLYTE_AZURE_RETRIES": "1",
        }


@contextmanager
def azure_double() -> Iterator[AzureDouble]:
    """Serve one on a free port."""
    state = AzureDouble()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            asked = dict(parse_qsl(parts.query, keep_blank_values=True))
            container, _, blob = unquote(parts.path).removeprefix("/").partition("/")
            if not self.is_signed(parts.path, asked):
                return self.refuse(403, "AuthenticationFailed")
            if container not in state.containers:
                return self.refuse(404, "ContainerNotFound")
            blobs = state.containers[container]
            if asked.get("comp") == "list":
                return self.reply(200, self.listed(blobs, asked))
            if self.command == "PUT":
                return self.put(blobs, blob, asked, body)
            if blob not in blobs:
                return self.refuse(404, "BlobNotFound")
            data, status, headers = blobs[blob], 200, {}
            if wanted := self.headers.get("x-ms-range") or self.headers.get("Range"):
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                end = min(int(last) + 1, len(data))
                headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(data)}"
                data, status = data[int(first) : end], 206
            return self.reply(status, data, **headers)

        def is_signed(self, path: str, asked: dict[str, str]) -> bool:
            said = [self.headers.get(name, "") for name in SIGNED]
            said[2] = "" if said[2] == "0" else said[2]
            own = sorted(
                (name.lower(), value) for name, value in self.headers.items() if name.lower().startswith("x-ms-")
            )
            lines = [self.command, *said, *(f"{name}:{value.strip()}" for name, value in own), f"/{ACCOUNT}{path}"]
            text = "\n".join([*lines, *(f"{name}:{asked[name]}" for name in sorted(asked))])
            made = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
            return self.headers.get("Authorization") == f"SharedKey {ACCOUNT}:{base64.b64encode(made).decode()}"

        def put(self, blobs: dict[str, bytes], blob: str, asked: dict[str, str], body: bytes) -> None:
            if asked.get("comp") == "block":
                state.blocks[asked["blockid"]] = body
            elif asked.get("comp") == "blocklist":
                blobs[blob] = b"".join(state.blocks[element.text or ""] for element in ElementTree.fromstring(body))
            else:
                blobs[blob] = body
            if "block" not in asked.get("comp", "") or asked["comp"] == "blocklist":
                state.metadata[blob] = {n: v for n, v in self.headers.items() if n.lower().startswith("x-ms-meta-")}
            self.reply(201, b"")

        def listed(self, blobs: dict[str, bytes], asked: dict[str, str]) -> bytes:
            prefix, ends = asked.get("prefix", ""), asked.get("delimiter")
            entries: dict[str, str] = {}
            for name in sorted(name for name in blobs if name.startswith(prefix)):
                rest, cut, _ = name.removeprefix(prefix).partition(ends) if ends else (name, "", "")
                if cut:
                    folder = f"{prefix}{rest}{ends}"
                    entries[folder] = f"<BlobPrefix><Name>{escape(folder)}</Name></BlobPrefix>"
                    continue
                about = (
                    f"<Last-Modified>Thu, 01 Jan 2026 00:00:00 GMT</Last-Modified><Etag>{len(blobs[name])}</Etag>"
                    f"<Content-Length>{len(blobs[name])}</Content-Length><Content-Type>x/y</Content-Type>"
                )
                entries[name] = f"<Blob><Name>{escape(name)}</Name><Properties>{about}</Properties></Blob>"
            names = [name for name in sorted(entries) if name >= asked.get("marker", "")]
            more = names[PAGE] if len(names) > PAGE else ""
            found = "".join(entries[name] for name in names[:PAGE])
            text = f"<Blobs>{found}</Blobs><NextMarker>{escape(more)}</NextMarker>"
            return f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults>{text}</EnumerationResults>'.encode()

        def refuse(self, status: int, code: str) -> None:
            self.reply(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())

        def reply(self, status: int, data: bytes, **headers: str) -> None:
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("ETag", '"1"')
            self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_GET = do_PUT = do_HEAD = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Handler) as port:
        state.url = f"http://127.0.0.1:{port}"
        yield state
