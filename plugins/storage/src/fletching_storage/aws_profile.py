"""The files that ``aws configure`` writes, which the library does not read, and whether an instance has a role."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from fletching.errors import StorageError
from fletching_storage.client import first_of, truthy

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["metadata_service", "profile", "profile_credentials"]


def profile() -> dict[str, str]:
    """Return the settings of the profile that ``AWS_PROFILE`` names, or of the default one."""
    name = first_of("AWS_PROFILE", "AWS_DEFAULT_PROFILE") or "default"
    home = os.path.join(os.path.expanduser("~"), ".aws")
    config = first_of("AWS_CONFIG_FILE") or os.path.join(home, "config")
    secrets = first_of("AWS_SHARED_CREDENTIALS_FILE") or os.path.join(home, "credentials")
    found = {
        **_section(os.path.expanduser(config), name if name == "default" else f"profile {name}"),
        **_section(os.path.expanduser(secrets), name),
    }
    if not found and name != "default":
        raise StorageError(f"AWS_PROFILE is {name!r}, and neither {config!r} nor {secrets!r} has it")
    return {"profile": name, **found} if found else {}


def _section(file: str, name: str) -> dict[str, str]:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(strict=False, default_section="")
    try:
        with open(file, encoding="utf-8") as stream:
            parser.read_file(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, Error) as error:
        raise StorageError(f"{file!r}, where AWS settings are kept, cannot be read: {error}") from error
    return dict(parser.items(name)) if parser.has_section(name) else {}


def profile_credentials(
    settings: dict[str, str],
) -> tuple[Callable[[], dict[str, Any]], str, tuple[Any, ...]] | None:
    """Return what gives the library the credentials of a profile, how an error names them, what tells them apart."""
    if not settings:
        return None
    name = settings["profile"]
    who = f"the AWS profile {name!r}"
    key, secret = settings.get("aws_access_key_id", ""), settings.get("aws_secret_access_key", "")
    if key and secret:
        from fletching_storage.s3 import Given

        token = settings.get("aws_session_token", "")
        return Given(key, secret, token), who, (key, secret, token)
    if command := settings.get("credential_process"):
        return functools.partial(_ask_process, command, name), who, (command,)
    if any(word in settings for word in ("sso_session", "sso_start_url", "role_arn")):
        return _by_boto3(name), who, (name,)
    return None


def _ask_process(command: str, name: str) -> dict[str, Any]:
    import json
    import shlex
    import subprocess
    from datetime import datetime

    from fletching.extend import remember_secret

    done = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
    try:
        said = json.loads(done.stdout)
        expires = said.get("Expiration")
        remember_secret(said["SecretAccessKey"])
        return {
            "access_key_id": said["AccessKeyId"],
            "secret_access_key": said["SecretAccessKey"],
            "token": said.get("SessionToken"),
            "expires_at": datetime.fromisoformat(expires) if expires else None,
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = done.stderr.strip().splitlines()[-1:] or [f"it exited with {done.returncode}"]
        raise StorageError(
            f"the credential_process of AWS profile {name!r} gave no credentials: {reason[0]}"
        ) from error


def _by_boto3(name: str) -> Callable[[], dict[str, Any]]:
    try:
        import boto3  # type: ignore[import-not-found, unused-ignore]
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError as error:
        raise StorageError(
            f"the AWS profile {name!r} signs in or takes a role, which needs boto3; pip install boto3, "
            "or put the credentials into the environment: eval $(aws configure export-credentials --format env)"
        ) from error
    provider: Any = Boto3CredentialProvider(boto3.Session(profile_name=name))
    return provider  # type: ignore[no-any-return]


@functools.cache
def metadata_service() -> bool:
    """Return whether this machine has a service that knows its role: asked once, for a second at most."""
    import socket
    from urllib.parse import urlsplit

    if truthy("AWS_EC2_METADATA_DISABLED"):
        return False
    address = urlsplit(
        first_of("AWS_METADATA_ENDPOINT", "AWS_EC2_METADATA_SERVICE_ENDPOINT") or "http://169.254.169.254"
    )
    try:
        with socket.create_connection((address.hostname or "", address.port or 80), timeout=1):
            return True
    except OSError:
        return False
