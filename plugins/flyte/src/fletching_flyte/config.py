"""Where a Flyte backend is and how one signs in: plain data, from Python, the environment or flytectl's file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from fletching.errors import ConfigError, close_match

__all__ = ["AuthType", "Config", "PlatformConfig"]

SANDBOX = "localhost:30080"
"""Where ``flytectl demo start`` puts a backend."""


class AuthType(Enum):
    """How one signs in; the words are those of flytectl's ``authType``."""

    NONE = "None"
    PKCE = "Pkce"
    """In a browser; the backend sends it to a port of this machine when somebody has signed in."""
    CLIENT_SECRET = "ClientSecret"
    """With an id and a secret, as programs do."""
    EXTERNAL_COMMAND = "ExternalCommand"
    """With the token that a program prints."""
    CLIENT_CREDENTIALS = CLIENT_SECRET
    EXTERNALCOMMAND = EXTERNAL_COMMAND

    @classmethod
    def of(cls, word: Any) -> AuthType:
        """Return the one of a word, in whatever case.

        Raises:
            ConfigError: there is none.
        """
        if isinstance(word, cls):
            return word
        known = {each.value.lower(): each for each in cls}
        text = str(word).lower().replace("_", "")
        found = known.get({"clientcredentials": "clientsecret", "basic": "clientsecret"}.get(text, text))
        if found is None:
            words = ", ".join(each.value for each in cls)
            raise ConfigError(f"auth mode {word!r} is not one of {words}{close_match(text, known)}")
        return found


@dataclass(frozen=True, kw_only=True)
class PlatformConfig:
    """One backend: its address, its certificate, how to sign in, how patient to be."""

    endpoint: str = SANDBOX
    """Host and port; ``dns:///`` and ``https://`` in front are taken off."""
    insecure: bool = False
    """Speak without TLS."""
    insecure_skip_verify: bool = False
    """Trust whatever certificate the server shows; for a test installation."""
    ca_cert_file_path: str | None = None
    """A PEM file with the authority that signed the server's certificate, if the system does not know it."""
    console_endpoint: str | None = None
    """Where the web console is, if not at the endpoint."""
    auth_mode: AuthType = AuthType.NONE
    client_id: str | None = None
    client_credentials_secret: str | None = field(default=None, repr=False)
    """The client's secret itself; one of the two below keeps it out of the program."""
    client_secret_location: str | None = None
    """A file that holds it."""
    client_secret_env_var: str | None = None
    """An environment variable that holds it."""
    scopes: tuple[str, ...] = ()
    audience: str | None = None
    command: tuple[str, ...] = ()
    """The program that prints a token, and its arguments; for `AuthType.EXTERNAL_COMMAND`."""
    token_cache: bool = True
    """Keep tokens in a file that only this user can read, for the next program; else in memory."""
    rpc_retries: int = 5
    """How often a call is repeated after a failure that may pass."""
    rpc_pause: float = 0.1
    """Seconds before the first repetition, at most; it doubles each time, up to 5 seconds."""
    rpc_timeout: float = 30.0
    """Seconds after which one attempt of a call is given up."""

    def __post_init__(self) -> None:
        for name in ("endpoint", "console_endpoint", "ca_cert_file_path", "client_id", "audience"):
            value = getattr(self, name)
            if not (isinstance(value, str) and value) and not (value is None and name != "endpoint"):
                raise ConfigError(f"PlatformConfig: {name} is {value!r}, expected a non-empty str")
        object.__setattr__(self, "endpoint", _host(self.endpoint))
        object.__setattr__(self, "auth_mode", AuthType.of(self.auth_mode))
        object.__setattr__(self, "scopes", _words(self.scopes))
        object.__setattr__(self, "command", _words(self.command))
        if self.auth_mode is AuthType.EXTERNAL_COMMAND and not self.command:
            raise ConfigError(
                "PlatformConfig: auth mode 'ExternalCommand' needs command, the program that prints a token"
            )
        for name, least in (("rpc_retries", 0), ("rpc_pause", 0), ("rpc_timeout", 0.001)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < least:
                raise ConfigError(f"PlatformConfig: {name} is {value!r}, expected a number of {least} or more")

    @property
    def console(self) -> str:
        """The address of the web console, without a slash at the end."""
        given = self.console_endpoint or self.endpoint
        if "://" not in given:
            given = f"{'http' if self.insecure else 'https'}://{given}"
        return given.rstrip("/")

    def client_secret(self) -> str:
        """Return the client's secret, read now.

        Raises:
            ConfigError: there is none where it should be.
        """
        from fletching.extend import remember_secret

        found = self.client_credentials_secret
        if not found and self.client_secret_env_var:
            found = os.environ.get(self.client_secret_env_var)
            if not found:
                raise ConfigError(f"the client secret should be in ${self.client_secret_env_var}, which is not set")
        if not found and self.client_secret_location:
            try:
                with open(os.path.expanduser(self.client_secret_location), encoding="utf-8") as file:
                    found = file.read().strip()
            except OSError as error:
                raise ConfigError(f"the client secret cannot be read: {error}") from error
        if not found:
            raise ConfigError(
                "auth mode 'ClientSecret' needs a secret: client_secret_env_var, client_secret_location or "
                "client_credentials_secret"
            )
        remember_secret(found)
        return found


@dataclass(frozen=True, kw_only=True)
class Config:
    """A backend, and the project and domain in which one usually works there."""

    platform: PlatformConfig = field(default_factory=PlatformConfig)
    project: str | None = None
    domain: str | None = None

    @classmethod
    def for_endpoint(cls, endpoint: str, insecure: bool = False, **platform: Any) -> Config:
        """Return the config of an address; ``platform`` is the rest of `PlatformConfig`."""
        return cls(platform=PlatformConfig(endpoint=endpoint, insecure=insecure, **platform))

    @classmethod
    def for_sandbox(cls) -> Config:
        """Return the config of the backend that ``flytectl demo start`` makes on this machine."""
        return cls(
            platform=PlatformConfig(endpoint=SANDBOX, insecure=True), project="flytesnacks", domain="development"
        )

    @classmethod
    def auto(cls, config_file: str | os.PathLike[str] | None = None) -> Config:
        """Return what the environment says, and flytectl's file where it says nothing.

        The file is the one that is given, else that of ``FLYTECTL_CONFIG``, else ``~/.flyte/config.yaml``.
        Without any of it, the config is that of the sandbox.

        Raises:
            ConfigError: the file that was named is not there, or is no such file, or a value in it is wrong.
        """
        from fletching_flyte.sources import from_environment, from_file

        found = {**from_file(config_file), **from_environment()}
        project, domain = found.pop("project", None), found.pop("domain", None)
        if "endpoint" not in found:
            sandbox = cls.for_sandbox()
            platform = replace(sandbox.platform, **found)
            return cls(platform=platform, project=project or sandbox.project, domain=domain or sandbox.domain)
        return cls(platform=PlatformConfig(**found), project=project, domain=domain)

    def with_platform(self, **changed: Any) -> Config:
        """Return a config whose platform differs in what is given."""
        return replace(self, platform=replace(self.platform, **changed))


def _host(endpoint: str) -> str:
    for scheme in ("dns:///", "https://", "http://"):
        endpoint = endpoint.removeprefix(scheme)
    host = endpoint.rstrip("/")
    if not host or "/" in host or any(map(str.isspace, host)):
        raise ConfigError(f"PlatformConfig: endpoint is {endpoint!r}, expected host:port")
    return host


def _words(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if isinstance(given, str):
        return (given,)
    words = tuple(given)
    for word in words:
        if not isinstance(word, str):
            raise ConfigError(f"PlatformConfig: {word!r} is no str")
    return words
