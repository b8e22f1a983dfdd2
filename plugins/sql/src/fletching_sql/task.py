"""The tasks: a query with a typed signature, or a query with a name and a dict of inputs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching.extend import Interface, PythonFunctionTask, PythonInstanceTask, PythonTask, TaskMetadata
from fletching_sql.config import SQLConfig
from fletching_sql.plan import Plan, make_plan, run

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

    from flyteidl.core.tasks_pb2 import Sql

    from fletching.extend import SerializationSettings

__all__ = ["SQLFunctionTask", "SQLTask"]

DERIVED = re.compile("[0-9a-f]{64}")

QUIET = frozenset(
    [
        "CACHE",
        "CALL",
        "COPY_FREE_VARS",
        "LOAD_COMMON_CONSTANT",
        "NOP",
        "PRECALL",
        "PUSH_NULL",
        "RAISE_VARARGS",
        "RESUME",
        "RETURN_VALUE",
    ]
)
"""Bytecode of which ``...``, ``pass`` and ``raise NotImplementedError("text")`` are made."""


class Queries(PythonTask[SQLConfig]):
    """What both kinds of task do with their query."""

    _query: str

    @property
    def query_template(self) -> str:
        """The query as it was written."""
        return self._query

    @cached_property
    def plan(self) -> Plan:
        """The query, checked against the interface."""
        return make_plan(self._query, self._config, self.python_interface, self.short_name)

    @property
    def _config(self) -> SQLConfig:
        config = self.task_config
        assert config is not None, "both constructors ask for one"
        return config

    def execute(self, **kwargs: Any) -> Any:
        """Run the query with the inputs bound, on a connection of its own."""
        seconds = seconds_of(self.metadata.timeout)
        output = next(iter(self.python_interface.outputs), "o0")
        return run(self.plan, self._config, kwargs, self.short_name, output, seconds)

    def get_custom(self, settings: SerializationSettings) -> dict[str, Any]:
        """Return the query and where it runs; which secrets it needs, never their values."""
        return self._config.custom(self._query)

    def get_sql(self, settings: SerializationSettings) -> Sql:
        """Return the statement with its parameters named ``:name``: a reader can bind them, and cannot paste them."""
        from flyteidl.core.tasks_pb2 import Sql

        return Sql(statement=self.plan.query.named, dialect=Sql.ANSI)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in super().__getstate__().items() if key != "plan"}


class SQLFunctionTask(Queries, PythonFunctionTask[SQLConfig]):
    """What ``@task(task_config=DuckDB("select …"))`` makes: the function gives the signature, the config the query."""

    _checks_return = False

    def __init__(self, task_config: SQLConfig, task_function: Callable[..., Any], **kwargs: Any) -> None:
        name = getattr(task_function, "__name__", "task")
        no_body(task_function, name)
        self._query = task_config.query
        kwargs["metadata"] = versioned(kwargs.get("metadata"), self._query, task_config)
        add_secrets(kwargs, task_config)
        super().__init__(task_config, task_function, task_type=task_config.task_type, **kwargs)
        self.plan  # noqa: B018 - a wrong query is found here, where it is written


class SQLTask(Queries, PythonInstanceTask[SQLConfig]):
    """A query as a task, without a function: ``SQLTask("top", "select …", DuckDB(), inputs=…, outputs=…)``.

    Args:
        name: the task's name.
        query_template: one statement; ``:name`` or ``{{ .inputs.name }}`` where the value of an input belongs.
        task_config: which database: `SQLite`, `DuckDB` or `SQLAlchemy`.
        task_type: the config's own if not given.
        inputs: name to type, or name to ``(type, default)``.
        metadata: retries, timeout, cache and their kin.
        outputs: the type of the result, or a dict with the name and the type of the one output; None for no output.
    """

    def __init__(
        self,
        name: str,
        query_template: str,
        task_config: SQLConfig | None = None,
        task_type: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        metadata: TaskMetadata | None = None,
        outputs: Any = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(task_config, SQLConfig):
            given = "nothing" if task_config is None else type(task_config).__name__
            raise ConfigError(
                f"task {name!r}: task_config must say which database: SQLite, DuckDB or SQLAlchemy; got {given}"
            )
        if task_config.query and task_config.query != query_template:
            raise ConfigError(f"task {name!r}: the query is in query_template and in task_config; keep one")
        self._query = query_template
        if outputs is not None and not isinstance(outputs, Mapping):
            outputs = {"results": outputs}
        add_secrets(kwargs, task_config)
        super().__init__(
            name=name,
            task_config=task_config,
            task_type=task_type or task_config.task_type,
            interface=Interface(inputs=inputs, outputs=outputs),
            metadata=versioned(metadata, query_template, task_config),
            **kwargs,
        )
        self.plan  # noqa: B018 - a wrong query is found here, where it is written


def seconds_of(timeout: datetime.timedelta | int | None) -> float | None:
    """Return a timeout in seconds; none at all is None."""
    if not timeout:
        return None
    return float(timeout) if isinstance(timeout, int) else timeout.total_seconds()


def versioned(metadata: TaskMetadata | None, query: str, config: SQLConfig) -> TaskMetadata | None:
    """Make a cache version that was derived from the function tell one query from another.

    The function's code says nothing about the query. A derived version is a SHA-256 in hex; what a user wrote is kept.
    """
    if metadata is None or not metadata.cache or not DERIVED.fullmatch(metadata.cache_version):
        return metadata
    what = f"{metadata.cache_version}\0{config.task_type}\0{config.custom(query)}"
    return replace(metadata, cache_version=hashlib.sha256(what.encode()).hexdigest())


def add_secrets(options: dict[str, Any], config: SQLConfig) -> None:
    """Ask for the secrets of the connection, unless the task names its secrets itself."""
    secrets = list(getattr(config, "secret_connect_args", {}).values())
    if secrets and not options.get("secret_requests") and not options.get("security_ctx"):
        options["secret_requests"] = secrets


def no_body(function: Any, name: str) -> None:
    """Refuse a function that does something: its body never runs, and its author should know."""
    import dis

    code = getattr(function, "__code__", None)
    if code is None:
        raise ConfigError(f"a SQL task is made of a function, got {function!r}")
    raises = "NotImplementedError" in code.co_names
    for step in dis.get_instructions(code):
        quiet = step.opname in QUIET
        if step.opname == "LOAD_GLOBAL":
            quiet = step.argval == "NotImplementedError"
        elif step.opname in ("LOAD_CONST", "RETURN_CONST"):
            quiet = step.argval is None or (raises and isinstance(step.argval, str))
        if not quiet:
            raise ConfigError(
                f"{name}: the body of a SQL task never runs; write ... as the body, and the query in task_config"
            )
