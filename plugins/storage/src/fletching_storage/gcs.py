"""How a bucket of Google Cloud Storage is reached: what the environment says."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from fletching_storage.client import client_options, first_of, retry_options, truthy
from fletching_storage.places import Options

if TYPE_CHECKING:
    from fletching_storage.places import Place

__all__ = ["gcs_options"]

SETTINGS = "GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_SERVICE_ACCOUNT, GOOGLE_SERVICE_ACCOUNT_KEY, STORAGE_EMULATOR_HOST"
OWN = (
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_BEARER_TOKEN",
    "GOOGLE_APPLICATION_CREDENTIALS",
)


def gcs_options(place: Place, *, anonymous: bool = False) -> Options:
    """Return how the bucket of ``place`` is reached.

    Args:
        place: what is asked for.
        anonymous: whether requests are not signed, whatever credentials there are.
    """
    emulator = first_of("STORAGE_EMULATOR_HOST")
    if emulator and "://" not in emulator:
        emulator = f"http://{emulator}"
    endpoint = (emulator or first_of("GOOGLE_BASE_URL")).rstrip("/")
    config: dict[str, Any] = {
        "bucket": place.bucket,
        "client_options": client_options(endpoint),
        "retry_config": retry_options(first_of("FLYTE_GCP_RETRIES"), "FLYTE_GCP_RETRIES"),
    }
    if endpoint:
        config["base_url"] = endpoint
    who = "" if anonymous or truthy("GOOGLE_SKIP_SIGNATURE") else _who()
    if emulator and not first_of(*OWN):
        who = ""  # an emulator asks for none
    if not who:
        config["skip_signature"] = True
    identity = tuple(os.environ.get(name) for name in OWN)
    return Options(
        kind="GCSStore",
        config=config,
        identity=identity,
        who="the emulator's guest" if emulator and not who else who,
        endpoint=endpoint or "Google Cloud Storage",
        settings=SETTINGS,
    )


def _who() -> str:
    """Return where the library will find credentials, or nothing."""
    for name in OWN:
        if os.environ.get(name):
            return name
    folder = first_of("CLOUDSDK_CONFIG") or os.path.join(os.path.expanduser("~"), ".config", "gcloud")
    if os.path.isfile(os.path.join(folder, "application_default_credentials.json")):
        return "gcloud's application default credentials"
    host = first_of("GCE_METADATA_HOST") or "metadata.google.internal"
    return "the instance's service account" if _is_there(host) else ""


@functools.cache
def _is_there(address: str) -> bool:
    """Return whether a metadata service answers: asked once, for a second at most."""
    import socket

    host, _, port = address.partition(":")
    try:
        with socket.create_connection((host, int(port or 80)), timeout=1):
            return True
    except (OSError, ValueError):
        return False
