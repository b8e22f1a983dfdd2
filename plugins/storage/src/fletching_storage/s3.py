"""How a bucket of S3, or of a service that speaks its protocol, is reached: what the environment says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fletching.errors import StorageError
from fletching_storage.client import client_options, first_of, retry_options, truthy
from fletching_storage.places import Options

if TYPE_CHECKING:
    from fletching_storage.places import Place

__all__ = ["Given", "find_region", "s3_options"]

SETTINGS = "FLYTE_AWS_ENDPOINT, AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE"


_regions: dict[str, str] = {}
"""Bucket -> where it turned out to be."""


def s3_options(place: Place, *, anonymous: bool = False) -> Options:
    """Return how the bucket of ``place`` is reached.

    Args:
        place: what is asked for.
        anonymous: whether requests are not signed, whatever credentials there are.
    """
    from fletching_storage.aws_profile import profile

    settings = profile()
    endpoint = (
        first_of("FLYTE_AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
        or settings.get("endpoint_url", "")
    ).rstrip("/")
    region = _regions.get(place.bucket) or first_of("AWS_REGION", "AWS_DEFAULT_REGION") or settings.get("region")
    region = region or "us-east-1"
    style = first_of("FLYTE_AWS_ADDRESSING_STYLE", "FLYTE_AWS_S3_ADDRESSING_STYLE") or "auto"
    if style not in ("auto", "path", "virtual"):
        raise StorageError(f"FLYTE_AWS_ADDRESSING_STYLE is 'auto', 'path' or 'virtual', got {style!r}")
    virtual = style == "virtual" or (style == "auto" and not endpoint and "." not in place.bucket)
    config: dict[str, Any] = {
        "bucket": place.bucket,
        "region": region,
        "virtual_hosted_style_request": virtual,
        "client_options": client_options(endpoint, first_of("AWS_CA_BUNDLE")),
        "retry_config": retry_options(first_of("FLYTE_AWS_RETRIES"), "FLYTE_AWS_RETRIES"),
    }
    if endpoint:
        scheme, separator, host = endpoint.partition("://")
        if not separator or scheme not in ("http", "https") or not host:
            raise StorageError(f"the endpoint of {place.uri!r} is http://… or https://…, got {endpoint!r}")
        config["endpoint"] = f"{scheme}://{place.bucket}.{host}" if virtual else endpoint
    who, identity = "", ()
    if not anonymous and not truthy("AWS_SKIP_SIGNATURE", "AWS_NO_SIGN_REQUEST"):
        who, identity = _add_credentials(config, settings)
    if not who:
        config["skip_signature"] = True
    return Options(
        kind="S3Store",
        config=config,
        identity=identity,
        who=who,
        endpoint=endpoint or f"S3 in {region}",
        settings=SETTINGS,
    )


def find_region(place: Place, options: Options) -> bool:
    """Ask where a bucket is, after a request that went to another region; return whether that is news."""
    from urllib.error import HTTPError
    from urllib.request import Request, build_opener

    endpoint = options.config.get("endpoint", "")
    named = endpoint and options.config["virtual_hosted_style_request"]
    url = str(endpoint) if named else f"{endpoint or 'https://s3.amazonaws.com'}/{place.bucket}"
    try:
        # The endpoint was found to be HTTP when the store was made.
        with build_opener().open(Request(url, method="HEAD"), timeout=10) as answer:  # noqa: S310
            region = answer.headers.get("x-amz-bucket-region")
    except HTTPError as error:  # it tells the region also to those whom it tells nothing else
        region = error.headers.get("x-amz-bucket-region")
        error.close()
    except OSError:
        return False
    if not region or region == options.config["region"]:
        return False
    _regions[place.bucket] = region
    return True


def _add_credentials(config: dict[str, Any], settings: dict[str, str]) -> tuple[str, tuple[Any, ...]]:
    """Add who asks to ``config``; return where that is said, or nothing if nowhere, and what tells it apart."""
    from fletching_storage.aws_profile import metadata_service, profile_credentials

    for prefix in ("FLYTE_AWS", "AWS"):
        names = f"{prefix}_ACCESS_KEY_ID", f"{prefix}_SECRET_ACCESS_KEY"
        key, secret = map(first_of, names)
        if bool(key) != bool(secret):
            there, missing = names if key else reversed(names)
            raise StorageError(f"{there} is set and {missing} is not: set both, or none")
        if key:
            # A token in the environment belongs to the standard names.
            token = first_of("AWS_SESSION_TOKEN") if prefix == "AWS" else ""
            config["credential_provider"] = Given(key, secret, token)
            return f"{names[0]}={key!r}", (key, secret, token)
    own = (
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    )
    for name in own:
        if os.environ.get(name):
            return name, (name, os.environ[name])
    found = profile_credentials(settings)
    if found is not None:
        config["credential_provider"], who, identity = found
        return who, identity
    return ("the instance's role", ("imds",)) if metadata_service() else ("", ())


class Given:
    """Gives the library credentials that do not expire."""

    def __init__(self, key: str, secret: str, token: str) -> None:
        from fletching.extend import remember_secret

        for value in (secret, token):
            if value:
                remember_secret(value)
        self._credentials = {
            "access_key_id": key,
            "secret_access_key": secret,
            "token": token or None,
            "expires_at": None,
        }

    def __call__(self) -> dict[str, Any]:
        return self._credentials
