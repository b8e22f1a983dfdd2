"""Files between here and a backend: sent to a place it names, and read from one, by URLs that it signed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching.extend import is_remote
from fletching_flyte.problems import BackendError, FlyteSystemUnavailableException

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flyteidl.core.literals_pb2 import Literal, LiteralMap, Scalar

    from fletching_flyte.client import FlyteClient

__all__ = ["download", "scalars", "send_files_below", "upload_file", "upload_literals"]

CHUNK = 1 << 20
SLOWEST = 100_000
"""Bytes a second below which an upload is given up."""
ATTEMPTS = 4


def upload_file(
    client: FlyteClient, path: str | os.PathLike[str], *, project: str, domain: str, root: str = "", name: str = ""
) -> str:
    """Send a file, and return the URI by which the backend knows it; the same for the same content.

    Args:
        client: the backend.
        path: the file.
        project: for whom.
        domain: for whom.
        root: the folder it is put in; one named by its content if not given.
        name: what it is called there; its own name if not given.

    Raises:
        BackendError: it could not be sent.
        OSError: it cannot be read.
    """
    import hashlib

    from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest

    file = os.fspath(path)
    digest = hashlib.md5(usedforsecurity=False)
    with open(file, "rb") as stream:
        while block := stream.read(CHUNK):
            digest.update(block)
    request = CreateUploadLocationRequest(
        project=project,
        domain=domain,
        filename=name or os.path.basename(file),
        content_md5=digest.digest(),
        filename_root=root,
        add_content_md5_metadata=True,
    )
    request.expires_in.FromSeconds(3600)
    for attempt in range(ATTEMPTS):
        place = client.call(
            "DataProxyService", "CreateUploadLocation", request, doing=f"ask where to put {request.filename!r}"
        )
        try:
            _put(client, place.signed_url, file, digest.digest(), dict(place.headers))
            break
        except FlyteSystemUnavailableException:
            if attempt == ATTEMPTS - 1:
                raise
            client.rest(attempt + 1)
    return str(place.native_url)


def download(client: FlyteClient, url: str, *, doing: str) -> bytes:
    """Return what is at a URL that a backend signed.

    Raises:
        BackendError: it cannot be had.
    """
    import urllib.error
    import urllib.parse
    import urllib.request

    from fletching_flyte.oauth import tls_context

    scheme = urllib.parse.urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise BackendError(f"cannot {doing}: it is at a {scheme!r} URL, and only http and https are known")
    context = tls_context(client.platform) if scheme == "https" else None
    for attempt in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(url, timeout=client.platform.rpc_timeout, context=context) as answer:  # noqa: S310
                data: bytes = answer.read()
                return data
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500 or attempt == ATTEMPTS - 1:
                raise BackendError(f"cannot {doing}: {error}") from None
        except OSError as error:
            if attempt == ATTEMPTS - 1:
                raise FlyteSystemUnavailableException(f"cannot {doing}: {error}") from None
        client.rest(attempt + 1)
    raise AssertionError("the last attempt returns or raises")


def _put(client: FlyteClient, url: str, file: str, digest: bytes, headers: Mapping[str, str]) -> None:
    import base64
    import urllib.error
    import urllib.parse
    import urllib.request

    from fletching_flyte.oauth import tls_context

    class Put(urllib.request.Request):
        """A request without type: some stores count one into the signature, and the backend signed none."""

        def has_header(self, header_name: str) -> bool:
            return header_name == "Content-type" or super().has_header(header_name)

    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise BackendError(f"the backend wants {file!r} at a {parts.scheme!r} URL, and only http and https are known")
    size = os.path.getsize(file)
    given = {
        "Content-Length": str(size),
        "Content-MD5": base64.b64encode(digest).decode(),
        **headers,
    }
    place = f"{parts.scheme}://{parts.netloc}{parts.path}"  # what follows is the signature, which lets anybody in
    with open(file, "rb") as stream:
        request = Put(url, data=stream, headers=given, method="PUT")
        context = tls_context(client.platform) if parts.scheme == "https" else None
        patience = client.platform.rpc_timeout + size / SLOWEST
        try:
            with urllib.request.urlopen(request, timeout=patience, context=context):  # noqa: S310
                pass
        except urllib.error.HTTPError as error:
            error.close()
            if error.code >= 500 or error.code in (408, 429):
                raise FlyteSystemUnavailableException(f"cannot upload {file!r} to {place}: {error}") from None
            raise BackendError(f"cannot upload {file!r} to {place}: {error}") from None
        except OSError as error:
            raise FlyteSystemUnavailableException(f"cannot upload {file!r} to {place}: {error}") from None


def upload_literals(client: FlyteClient, literals: LiteralMap, *, project: str, domain: str) -> None:
    """Send the files of this machine that inputs name, and name in the inputs where they are now.

    Raises:
        ConfigError: there is no such file.
        BackendError: it could not be sent.
    """
    for name, literal in literals.literals.items():
        for holder in _holders(literal):
            uri = holder.uri.removeprefix("file://")
            if not uri or is_remote(holder.uri):
                continue
            if not os.path.exists(uri):
                raise ConfigError(f"input {name!r}: there is no file {uri!r} on this machine to send")
            send = _send_folder if os.path.isdir(uri) else upload_file
            holder.uri = send(client, uri, project=project, domain=domain)


def _send_folder(client: FlyteClient, path: str, *, project: str, domain: str) -> str:
    """Send every file of a folder below one name, and return it."""
    uri = send_files_below(client, path, project=project, domain=domain)
    if not uri:
        raise ConfigError(f"the folder {path!r} is empty, and an object store has no empty folders")
    return uri


def send_files_below(client: FlyteClient, path: str, *, project: str, domain: str) -> str:
    """Send every file of a folder below one name, and return where they are then; empty if there are none."""
    import secrets

    root, uri = f"inputs-{secrets.token_hex(10)}", ""
    for folder, _, names in os.walk(path):
        for name in names:
            inside = os.path.relpath(os.path.join(folder, name), path).replace(os.sep, "/")
            at = upload_file(client, os.path.join(folder, name), project=project, domain=domain, root=root, name=inside)
            uri = at.removesuffix(inside).rstrip("/")
    return uri


def _holders(literal: Literal) -> Iterator[Any]:
    """Tell the messages of a literal that hold a URI."""
    for scalar in scalars(literal):
        which = scalar.WhichOneof("value")
        if which in ("blob", "schema", "structured_dataset"):
            yield getattr(scalar, which)


def scalars(literal: Literal) -> Iterator[Scalar]:
    """Tell the single values of a literal, those inside of lists, maps and unions included."""
    value = literal.WhichOneof("value")
    if value == "collection":
        for each in literal.collection.literals:
            yield from scalars(each)
    elif value == "map":
        for each in literal.map.literals.values():
            yield from scalars(each)
    elif value == "scalar":
        if literal.scalar.WhichOneof("value") == "union":
            yield from scalars(literal.scalar.union.value)
        else:
            yield literal.scalar
