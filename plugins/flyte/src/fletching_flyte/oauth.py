"""The requests of OAuth 2 that give a token: for a client's secret, for a code, for a token that ends."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from fletching_flyte.problems import FlyteAuthenticationException
from fletching_flyte.tokens import Token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching_flyte.config import PlatformConfig

__all__ = ["request_token", "tls_context"]


def tls_context(platform: PlatformConfig) -> Any:
    """Return what urllib checks a server's certificate with."""
    import ssl

    from fletching.errors import ConfigError

    try:
        context = ssl.create_default_context(cafile=platform.ca_cert_file_path)
    except OSError as error:
        raise ConfigError(f"ca_cert_file_path {platform.ca_cert_file_path!r} cannot be read: {error}") from error
    if platform.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def request_token(
    platform: PlatformConfig, url: str, form: Mapping[str, str], *, client: tuple[str, str] | None = None
) -> Token:
    """Ask a token endpoint, and return the token.

    Args:
        platform: whose certificates count.
        url: the endpoint.
        form: what is asked; it is never shown.
        client: id and secret, for those that have one.

    Raises:
        FlyteAuthenticationException: it gives none.
    """
    import base64
    import urllib.error
    import urllib.parse
    import urllib.request

    if not url.startswith("https://") and not (platform.insecure and url.startswith("http://")):
        raise FlyteAuthenticationException(
            f"{platform.endpoint} says that tokens are at {url!r}, which is not https; a secret is not sent there"
        )
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    if client is not None:
        pair = ":".join(urllib.parse.quote(part, safe="") for part in client)
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    body = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - checked above
    try:
        context = tls_context(platform) if url.startswith("https:") else None
        with urllib.request.urlopen(request, timeout=platform.rpc_timeout, context=context) as answer:  # noqa: S310
            data = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise FlyteAuthenticationException(f"no token from {url}: {_reason(error)}") from None
    except (OSError, ValueError) as error:
        raise FlyteAuthenticationException(f"no token from {url}: {error}") from None
    access = data.get("access_token") if isinstance(data, dict) else None
    if not isinstance(access, str) or not access:
        raise FlyteAuthenticationException(f"no token from {url}: the answer holds no access_token")
    lasts = data.get("expires_in")
    return Token(
        access=access,
        refresh=data.get("refresh_token") or form.get("refresh_token"),
        expires=time.time() + float(lasts) if isinstance(lasts, (int, float)) else None,
    )


def _reason(error: Any) -> str:
    """Return what a server says in the form that OAuth has for errors; never its whole answer."""
    try:
        data = json.loads(error.read(10_000))
        said = [str(data[key]) for key in ("error", "error_description") if data.get(key)]
    except (ValueError, TypeError, AttributeError, OSError):
        said = []
    return ": ".join([f"{error.code} {error.reason}", *said])
