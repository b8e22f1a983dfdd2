"""The environment and flytectl's configuration file, as fields of a config."""

from __future__ import annotations

import os
from typing import Any

from fletching.errors import ConfigError

__all__ = ["from_environment", "from_file"]

FILE = {
    "endpoint": "endpoint",
    "insecure": "insecure",
    "insecureskipverify": "insecure_skip_verify",
    "cacertfilepath": "ca_cert_file_path",
    "authtype": "auth_mode",
    "clientid": "client_id",
    "clientsecretlocation": "client_secret_location",
    "clientsecretenvvar": "client_secret_env_var",
    "scopes": "scopes",
    "audience": "audience",
    "command": "command",
}
"""Key of the file's ``admin`` section, in lower case since flytectl does not look at it -> field."""

ENVIRONMENT = {
    "FLYTE_PLATFORM_URL": "endpoint",
    "FLYTE_PLATFORM_INSECURE": "insecure",
    "FLYTE_PLATFORM_INSECURE_SKIP_VERIFY": "insecure_skip_verify",
    "FLYTE_PLATFORM_CA_CERT_FILE_PATH": "ca_cert_file_path",
    "FLYTE_PLATFORM_CONSOLE_ENDPOINT": "console_endpoint",
    "FLYTE_CREDENTIALS_AUTH_MODE": "auth_mode",
    "FLYTE_CREDENTIALS_CLIENT_ID": "client_id",
    "FLYTE_CREDENTIALS_CLIENT_CREDENTIALS_SECRET": "client_credentials_secret",
    "FLYTE_CREDENTIALS_SCOPES": "scopes",
    "FLYTE_CREDENTIALS_COMMAND": "command",
    "FLYTE_PROJECT": "project",
    "FLYTE_DOMAIN": "domain",
}

FLAGS = {"insecure", "insecure_skip_verify"}
LISTS = {"command", "scopes"}


def from_environment() -> dict[str, Any]:
    """Return what the environment says.

    Raises:
        ConfigError: a value makes no sense.
    """
    found: dict[str, Any] = {}
    for variable, name in ENVIRONMENT.items():
        text = os.environ.get(variable, "").strip()
        if text:
            found[name] = _value(name, text, f"${variable}")
    return found


def from_file(path: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """Return what flytectl's configuration file says; nothing if no file was named and there is none.

    Raises:
        ConfigError: it cannot be read, or a value in it makes no sense.
    """
    named = os.fspath(path) if path is not None else os.environ.get("FLYTECTL_CONFIG")
    file = os.path.expanduser(named or os.path.join("~", ".flyte", "config.yaml"))
    if not named and not os.path.exists(file):
        return {}
    data = _read(file)
    admin = data.get("admin") or {}
    if not isinstance(admin, dict):
        raise ConfigError(f"{file}: admin is {admin!r}, expected the keys of a backend, such as endpoint")
    found: dict[str, Any] = {}
    for key, value in admin.items():
        name = FILE.get(str(key).lower())
        if name is not None and value is not None:
            found[name] = _value(name, value, f"{file}: admin.{key}")
    console = data.get("console")
    if isinstance(console, dict) and console.get("endpoint"):
        found["console_endpoint"] = str(console["endpoint"])
    return found


def _read(file: str) -> dict[Any, Any]:
    import yaml

    try:
        with open(file, encoding="utf-8") as stream:
            data = yaml.safe_load(stream)
    except OSError as error:
        raise ConfigError(f"the configuration of the backend cannot be read: {error}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: no YAML: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"{file}: holds {type(data).__name__}, expected sections such as admin")
    return data


def _value(name: str, given: Any, where: str) -> Any:
    if name in FLAGS:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        found = words.get(str(given).lower())
        if found is None:
            raise ConfigError(f"{where} is {given!r}, expected true or false")
        return found
    if name in LISTS:
        import shlex

        return tuple(shlex.split(given)) if isinstance(given, str) else tuple(map(str, given))
    if name == "auth_mode":
        from fletching_flyte.config import AuthType

        try:
            return AuthType.of(given)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from error
    return str(given)
