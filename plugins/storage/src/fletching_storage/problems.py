"""What went wrong, in words: which URI, what the service said, and which setting decides it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fletching.errors import StorageError, StorageNotFoundError

if TYPE_CHECKING:
    from fletching_storage.places import Options, Place

__all__ = ["explained", "is_denied", "is_elsewhere", "is_missing", "is_no_bucket", "nothing_at"]

REFUSED = {
    "InvalidAccessKeyId": "the key is not known there",
    "SignatureDoesNotMatch": "the secret does not belong to the key",
    "ExpiredToken": "the token has expired",
    "InvalidToken": "the token is not valid",
    "AuthorizationFailure": "the key does not belong to the account",
    "AuthenticationFailed": "the key does not belong to the account",
}
PROVIDER = "credential provider: "
BUCKETS = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")


def is_missing(error: BaseException) -> bool:
    """Return whether a store, and not the local file system, says that there is no such object."""
    return isinstance(error, FileNotFoundError) and not isinstance(error, StorageError) and error.errno is None


def is_elsewhere(error: BaseException) -> bool:
    """Return whether a store says that the bucket is in another region."""
    said = str(error)
    return any(word in said for word in ("edirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint"))


def is_no_bucket(error: BaseException) -> bool:
    """Return whether a store says that there is not even the bucket."""
    return any(word in str(error) for word in BUCKETS)


def is_denied(error: BaseException) -> bool:
    """Return whether a store says that the one who asks may not."""
    if PROVIDER in str(error):
        return False  # nobody was asked: there are credentials, and they cannot be had
    if type(error).__name__ in ("PermissionDeniedError", "UnauthenticatedError"):
        return True
    # What lists has no class for it.
    return type(error).__name__ == "GenericError" and (_status(str(error)) or "")[:3] in ("401", "403")


def nothing_at(place: Place) -> StorageNotFoundError:
    """Return the error about a URI where nothing is."""
    return StorageNotFoundError(f"there is nothing at {place.uri!r}")


def explained(error: BaseException, place: Place, options: Options, *, write: bool) -> Exception:
    """Return the error that a user is told instead of ``error``, which is its cause."""
    if isinstance(error, StorageError) or not isinstance(error, Exception):
        return error if isinstance(error, Exception) else StorageError(str(error))
    said = str(error)
    head = said.partition("\n\nDebug source")[0].strip()
    code = _between(said, "<Code>", "</Code>") or _between(said, "<code>", "</code>")
    doing = "writing" if write else "reading"
    if is_no_bucket(error):
        return StorageNotFoundError(
            f"there is no bucket {place.bucket!r}, which {place.uri!r} names, at {options.endpoint}; "
            f"another service is chosen by {options.settings}"
        )
    if is_missing(error):
        return nothing_at(place)
    if PROVIDER in head:
        return StorageError(f"{doing} {place.uri!r}: {head.partition(PROVIDER)[2].removeprefix('StorageError: ')}")
    if is_denied(error):
        return StorageError(_denied(place, options, code, head, doing))
    if type(error).__name__ == "InvalidPathError" or "Could not parse path" in said:
        return StorageError(
            f"{place.uri!r}, or an object below it, has a name that cannot be a path: {head}; rename it in the store"
        )
    if is_elsewhere(error) and options.kind == "S3Store":
        return StorageError(
            f"{doing} {place.uri!r}: the bucket is in another region than {options.endpoint}; set AWS_REGION"
        )
    if (status := _status(said)) is not None:
        more = f" ({code})" if code else ""
        tried = _between(head, ", after ", ",")
        return StorageError(
            f"{doing} {place.uri!r}: {options.endpoint} answered {status}{more}" + (f" after {tried}" if tried else "")
        )
    if "HTTP error" in said or "error sending request" in said:
        return StorageError(
            f"{doing} {place.uri!r}: {options.endpoint} cannot be reached: {_reason(said)}; "
            f"the address and who asks are chosen by {options.settings}"
        )
    if isinstance(error, OSError):
        return error
    return StorageError(f"{doing} {place.uri!r}: {head}")


def _denied(place: Place, options: Options, code: str, head: str, doing: str) -> str:
    why = REFUSED.get(code, "")
    said = ": ".join(part for part in (code or _status(head) or head, why) if part)
    if options.anonymous:
        return (
            f"{doing} {place.uri!r} needs credentials, and there are none ({said}); "
            f"{options.endpoint} was asked without, set one of {options.settings}"
        )
    return (
        f"{doing} {place.uri!r} is not allowed ({said}); {options.endpoint} was asked with {options.who}, "
        f"others are chosen by {options.settings}"
    )


def _between(text: str, start: str, end: str) -> str:
    _, found, rest = text.partition(start)
    return rest.partition(end)[0].strip() if found else ""


def _status(text: str) -> str | None:
    found = re.search(r"status code: (\d{3}[ \w-]*)", text)
    return found[1].strip() if found else None


def _reason(text: str) -> str:
    """Return the innermost cause that the library tells."""
    for pattern in (r'message: "([^"]+)"', r'error: "([^"]+)"', r"kind: (Timeout|Connect|\w+),"):
        found = re.findall(pattern, text)
        if found:
            return str(found[-1])
    return text.partition("\n")[0]
