"""What users write: where the database is, and the query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching import Secret

__all__ = ["DuckDB", "SQLAlchemy", "SQLAlchemyConfig", "SQLConfig", "SQLite", "SQLite3Config"]

SENSITIVE = ("password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "access_key", "private_key")


@dataclass(frozen=True, kw_only=True)
class SQLConfig:
    """What the three task types share."""

    task_type: ClassVar[str] = ""

    query: str = field(default="", kw_only=False)
    """One SQL statement; ``:name`` or ``{{ .inputs.name }}`` where the value of an input belongs."""
    uri: str = ":memory:"
    """Which database."""

    def __post_init__(self) -> None:
        for name in ("query", "uri"):
            value = getattr(self, name)
            if not isinstance(value, str):
                raise ConfigError(f"{type(self).__name__}: {name} must be a str, not {type(value).__name__}")
        if not self.uri:
            raise ConfigError(f"{type(self).__name__}: uri is empty; say which database")

    @property
    def dialect(self) -> str:
        """The SQL dialect the query is written in."""
        return self.task_type

    def custom(self, query: str) -> dict[str, Any]:
        """Return what the serialized template carries; never a secret's value."""
        return {"query_template": query, "uri": self.uri}


@dataclass(frozen=True, kw_only=True)
class SQLite(SQLConfig):
    """A query on SQLite, which Python brings along."""

    task_type: ClassVar[str] = "sqlite"

    uri: str = ":memory:"
    """A file, a ``file:`` URI or ``:memory:`` (empty, gone after the task)."""
    read_only: bool = False
    """Refuse statements that change the database; the file must exist."""
    compressed: bool = False
    """The file is a zip archive that holds the database; changes to it are lost."""

    def custom(self, query: str) -> dict[str, Any]:
        return {**super().custom(query), "compressed": self.compressed}


@dataclass(frozen=True, kw_only=True)
class DuckDB(SQLConfig):
    """A query on embedded DuckDB."""

    task_type: ClassVar[str] = "duckdb"

    uri: str = ":memory:"
    """A file or ``:memory:`` (empty, gone after the task)."""
    read_only: bool = False
    """Refuse statements that change the database; the file must exist."""
    settings: Mapping[str, str | int | float | bool] = field(default_factory=dict, hash=False)
    """DuckDB's own settings: ``{"threads": 2, "memory_limit": "1GB"}``."""


@dataclass(frozen=True, kw_only=True)
class SQLAlchemy(SQLConfig):
    """A query on any database SQLAlchemy connects to; PostgreSQL with psycopg is the tested one."""

    task_type: ClassVar[str] = "sqlalchemy"

    uri: str = ""
    """A SQLAlchemy URL without a password: ``postgresql://reader@db.example/flights``."""
    connect_args: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Passed to the driver's ``connect``."""
    secret_connect_args: Mapping[str, Secret] = field(default_factory=dict, hash=False)
    """Passed to the driver's ``connect`` too, each looked up when the task runs: ``{"password": Secret(...)}``."""

    def __post_init__(self) -> None:
        super().__post_init__()
        shown, found = without_password(self.uri)
        if found:
            raise ConfigError(
                f"SQLAlchemy: the uri {shown!r} holds a password, which would be serialized; "
                "remove it and give secret_connect_args={'password': Secret(...)}"
            )
        for name in self.connect_args:
            if any(word in name.lower() for word in SENSITIVE):
                raise ConfigError(
                    f"SQLAlchemy: connect_args[{name!r}] would be serialized; "
                    f"give it as secret_connect_args={{{name!r}: Secret(...)}}"
                )
        for name, secret in self.secret_connect_args.items():
            if not hasattr(secret, "key") or not hasattr(secret, "group"):
                raise ConfigError(
                    f"SQLAlchemy: secret_connect_args[{name!r}] must be a Secret, not {type(secret).__name__}"
                )
            if name in self.connect_args:
                raise ConfigError(f"SQLAlchemy: {name!r} is in connect_args and in secret_connect_args; keep one")

    @property
    def dialect(self) -> str:
        name = self.uri.partition(":")[0].partition("+")[0]
        return "postgresql" if name == "postgres" else name

    def custom(self, query: str) -> dict[str, Any]:
        secrets = {name: secret_reference(secret) for name, secret in self.secret_connect_args.items()}
        return {**super().custom(query), "connect_args": dict(self.connect_args), "secret_connect_args": secrets}


class SQLite3Config(SQLite):
    """`SQLite` as flytekit spells it."""

    def __init__(self, uri: str, compressed: bool = False) -> None:
        super().__init__(uri=uri, compressed=compressed)


class SQLAlchemyConfig(SQLAlchemy):
    """`SQLAlchemy` as flytekit spells it."""

    def __init__(
        self,
        uri: str,
        connect_args: Mapping[str, Any] | None = None,
        secret_connect_args: Mapping[str, Secret] | None = None,
    ) -> None:
        super().__init__(uri=uri, connect_args=connect_args or {}, secret_connect_args=secret_connect_args or {})


def without_password(uri: str) -> tuple[str, bool]:
    """Return the URI fit to be shown, and whether anything had to be hidden."""
    from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit

    scheme, separator, rest = uri.partition("://")
    if not separator:
        return uri, False
    authority, slash, tail = rest.partition("/")
    user, at, host = authority.rpartition("@")
    name, colon, password = user.partition(":")
    shown = f"{name}{colon}***{at}{host}" if password else authority
    split = urlsplit(f"x://h{slash}{tail}")
    pairs = parse_qsl(split.query, keep_blank_values=True)
    hidden = [
        (key, "***" if value and any(word in key.lower() for word in SENSITIVE) else value) for key, value in pairs
    ]
    query = "&".join(f"{quote(key)}={quote(value, safe='/*:,')}" for key, value in hidden)
    found = bool(password) or hidden != pairs
    return (f"{scheme}://{shown}{urlunsplit(('', '', split.path, query, split.fragment))}" if found else uri), found


def secret_reference(secret: Secret) -> dict[str, Any]:
    """Return which secret is meant, as plain data with the keys flytekit writes."""
    mount = getattr(secret.mount_requirement, "value", secret.mount_requirement)
    return {"group": secret.group, "key": secret.key, "group_version": secret.group_version, "mount_requirement": mount}
