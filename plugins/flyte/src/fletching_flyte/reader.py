"""Reader: a backend that one looks at: what is registered there, and what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching_flyte.client import FlyteClient
from fletching_flyte.config import Config
from fletching_flyte.executions import FlyteWorkflowExecution
from fletching_flyte.fetched import FlyteLaunchPlan, FlyteTask, FlyteWorkflow, LazyEntity, entity_of
from fletching_flyte.fetching import fetch, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    from fletching_flyte.signals import FlyteSignal

__all__ = ["Reader"]


class Reader:
    """The half of `FlyteRemote` that changes nothing."""

    def __init__(
        self, config: Config | None = None, default_project: str | None = None, default_domain: str | None = None
    ) -> None:
        if config is not None and not isinstance(config, Config):
            raise ConfigError(f"FlyteRemote takes a Config, got {config!r}; Config.for_endpoint('host:port') makes one")
        self._config = config or Config.auto()
        self._project = default_project or self._config.project
        self._domain = default_domain or self._config.domain
        self._client = FlyteClient(self._config.platform)

    @property
    def config(self) -> Config:
        """Where it is and how one signs in."""
        return self._config

    @property
    def client(self) -> FlyteClient:
        """Its services, for what has no method here."""
        return self._client

    @property
    def default_project(self) -> str | None:
        """For methods that are not told."""
        return self._project

    @property
    def default_domain(self) -> str | None:
        """For methods that are not told."""
        return self._domain

    def close(self) -> None:
        """Hang up; the next call connects again."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._config.platform.endpoint!r}, {self._project!r}, {self._domain!r})"

    # Fetching

    def fetch_task(
        self, project: str | None = None, domain: str | None = None, name: str | None = None, version: str | None = None
    ) -> FlyteTask:
        """Return a task; without a version the newest one.

        Raises:
            FlyteEntityNotExistException: there is none; it says what is near.
        """
        return self._fetched("task", project, domain, name, version)  # type: ignore[no-any-return]

    def fetch_workflow(
        self, project: str | None = None, domain: str | None = None, name: str | None = None, version: str | None = None
    ) -> FlyteWorkflow:
        """Return a workflow; without a version the newest one. See `fetch_task`."""
        return self._fetched("workflow", project, domain, name, version)  # type: ignore[no-any-return]

    def fetch_launch_plan(
        self, project: str | None = None, domain: str | None = None, name: str | None = None, version: str | None = None
    ) -> FlyteLaunchPlan:
        """Return a launch plan; without a version the active one, else the newest. See `fetch_task`."""
        return self._fetched("launch_plan", project, domain, name, version)  # type: ignore[no-any-return]

    def fetch_task_lazy(self, *words: str | None, **named: str | None) -> LazyEntity[FlyteTask]:
        """Return a task that is fetched when it is first used; takes what `fetch_task` takes."""
        return LazyEntity(_name_in(words, named), lambda: self.fetch_task(*words, **named))

    def fetch_workflow_lazy(self, *words: str | None, **named: str | None) -> LazyEntity[FlyteWorkflow]:
        """Return a workflow that is fetched when it is first used; takes what `fetch_workflow` takes."""
        return LazyEntity(_name_in(words, named), lambda: self.fetch_workflow(*words, **named))

    def fetch_launch_plan_lazy(self, *words: str | None, **named: str | None) -> LazyEntity[FlyteLaunchPlan]:
        """Return a launch plan that is fetched when it is first used; takes what `fetch_launch_plan` takes."""
        return LazyEntity(_name_in(words, named), lambda: self.fetch_launch_plan(*words, **named))

    def list_tasks_by_version(
        self, version: str, project: str | None = None, domain: str | None = None, limit: int = 100
    ) -> list[FlyteTask]:
        """Return the tasks that have a version."""
        project, domain = self.place(project, domain)
        return [FlyteTask(each) for each in listed(self._client, "task", project, domain, version=version, limit=limit)]

    def fetch_execution(
        self, project: str | None = None, domain: str | None = None, name: str | None = None
    ) -> FlyteWorkflowExecution:
        """Return an execution.

        Raises:
            FlyteEntityNotExistException: there is none of that name.
        """
        from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest
        from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

        project, domain = self.place(project, domain)
        at = WorkflowExecutionIdentifier(project=project, domain=domain, name=_named(name))
        request = WorkflowExecutionGetRequest(id=at)
        doing = f"fetch execution {name!r} in project {project!r}, domain {domain!r}"
        return FlyteWorkflowExecution(self._client, self._client.admin("GetExecution", request, doing=doing))

    def recent_executions(
        self, project: str | None = None, domain: str | None = None, limit: int = 100, filters: str = ""
    ) -> list[FlyteWorkflowExecution]:
        """Return executions, the newest first; ``filters`` is in the backend's words, as ``eq(phase,FAILED)``."""
        from fletching_flyte.listing import executions

        project, domain = self.place(project, domain)
        return [
            FlyteWorkflowExecution(self._client, each)
            for each in executions(self._client, project, domain, limit=limit, filters=filters)
        ]

    def list_signals(
        self, execution_name: str, project: str | None = None, domain: str | None = None
    ) -> list[FlyteSignal]:
        """Return the gates that an execution has reached, and whether each has its answer."""
        from fletching_flyte.signals import signals

        return list(signals(self._client, self.fetch_execution(project, domain, execution_name).id))

    def get(self, flyte_uri: str) -> Any:
        """Return what a URI of the backend's names, ``flyte://v1/…``: the inputs or outputs of a node, or one value.

        Raises:
            ConfigError: it is no such URI.
        """
        from fletching_flyte.listing import values_at

        return values_at(self._client, flyte_uri)

    def generate_console_url(self, entity: Any) -> str:
        """Return the page of an execution or of an entity in the web console."""
        from fletching_flyte.listing import console_path

        return f"{self._config.platform.console}/console/{console_path(entity)}"

    # Inside

    def _fetched(
        self, kind: str, project: str | None, domain: str | None, name: str | None, version: str | None
    ) -> Any:
        project, domain = self.place(project, domain)
        return entity_of(kind, fetch(self._client, kind, project, domain, _named(name), version))

    def place(self, project: str | None = None, domain: str | None = None) -> tuple[str, str]:
        """Return project and domain: the given ones, else the default ones.

        Raises:
            ConfigError: one is missing.
        """
        project, domain = project or self._project, domain or self._domain
        if not project or not domain:
            raise ConfigError(
                "a project and a domain are needed; name them here, as default_project and default_domain, in the "
                "config, or as FLYTE_PROJECT and FLYTE_DOMAIN"
            )
        return project, domain


def _named(name: str | None) -> str:
    if not name:
        raise ConfigError("a name is needed")
    return name


def _name_in(words: Iterable[str | None], named: Mapping[str, str | None]) -> str:
    found = list(words)
    return _named(named.get("name") or (found[2] if len(found) > 2 else None))
