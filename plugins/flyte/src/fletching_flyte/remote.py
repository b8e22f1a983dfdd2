"""FlyteRemote: a backend, to register with, to fetch from, to execute on and to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching_flyte.config import Config
from fletching_flyte.deploying import deploy, settings_for
from fletching_flyte.launching import launch, options_of
from fletching_flyte.reader import Reader

if TYPE_CHECKING:
    import datetime
    import os
    from collections.abc import Callable, Mapping

    from fletching import ImageConfig, Options
    from fletching.extend import SerializationSettings
    from fletching_flyte.deploying import Copy, Deployed
    from fletching_flyte.executions import FlyteWorkflowExecution
    from fletching_flyte.fetched import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
    from fletching_flyte.registration import Registered

__all__ = ["FlyteRemote"]


SCRIPT_WORDS = {"image_config": "image", "destination_dir": "destination", "source_path": "source_root", "envs": "env"}


class FlyteRemote(Reader):
    """One backend; threads may share it, and nothing is sent before the first method is called.

    Args:
        config: where it is and how one signs in; what the environment and flytectl's file say, if not given.
        default_project: for methods that are not told; that of the config if not given.
        default_domain: for methods that are not told; that of the config if not given.
    """

    @classmethod
    def for_endpoint(
        cls,
        endpoint: str,
        insecure: bool = False,
        *,
        default_project: str | None = None,
        default_domain: str | None = None,
        **platform: Any,
    ) -> FlyteRemote:
        """Return the backend at an address; ``platform`` is the rest of `PlatformConfig`."""
        return cls(Config.for_endpoint(endpoint, insecure, **platform), default_project, default_domain)

    @classmethod
    def for_sandbox(cls, *, default_project: str | None = None, default_domain: str | None = None) -> FlyteRemote:
        """Return the backend that ``flytectl demo start`` makes on this machine."""
        return cls(Config.for_sandbox(), default_project, default_domain)

    @classmethod
    def auto(
        cls,
        config_file: str | os.PathLike[str] | None = None,
        *,
        default_project: str | None = None,
        default_domain: str | None = None,
    ) -> FlyteRemote:
        """Return the backend of the environment, of a file, or of flytectl's file; see `Config.auto`."""
        return cls(Config.auto(config_file), default_project, default_domain)

    # Registering

    def register(
        self,
        *entities: Any,
        serialization_settings: SerializationSettings | None = None,
        version: str | None = None,
        project: str | None = None,
        domain: str | None = None,
        image: str | ImageConfig | None = None,
        env: Mapping[str, str] | None = None,
        copy: Copy = "auto",
        source_root: str | None = None,
        destination: str = ".",
        activate_launchplans: bool = False,
        dry_run: bool = False,
        options: Options | None = None,
        on_done: Callable[[Registered], None] | None = None,
    ) -> Deployed:
        """Register tasks, workflows and launch plans with all that they call, and their code; as often as one likes.

        Args:
            entities: what to register.
            serialization_settings: where it goes and how it runs; what is said below stands over it.
            version: its version; that of its content if not given.
            project: the project.
            domain: the domain.
            image: the image of tasks that name none.
            env: environment variables of every container.
            copy: the code that is sent beside the image: the modules that are imported, every file, or none.
            source_root: the folder that module names start from; worked out if not given.
            destination: where a container unpacks the code.
            activate_launchplans: make every launch plan the active one of its name.
            dry_run: work everything out, and send nothing.
            options: what holds for every launch plan, whatever its own options say.
            on_done: called with each that is registered.

        Raises:
            DriftError: a reference in it has another signature than what is registered.
            FlyteEntityAlreadyExistsException: the version is there with another content.
            BackendError: another reason why it could not be registered.
        """
        if not entities:
            raise ConfigError("register() takes what to register")
        settings = settings_for(
            serialization_settings,
            project=project or self._project,
            domain=domain or self._domain,
            version=version,
            image=image,
            env=env,
            source_root=source_root,
        )
        return deploy(
            self._client,
            entities,
            settings,
            copy=copy,
            destination=destination,
            activate=activate_launchplans,
            dry_run=dry_run,
            options=options,
            on_done=on_done,
        )

    def register_task(
        self,
        entity: Any,
        serialization_settings: SerializationSettings | None = None,
        version: str | None = None,
        **options: Any,
    ) -> FlyteTask:
        """Register a task whose code is in its image, and return it as the backend has it; see `register`."""
        return self._registered("task", entity, serialization_settings, version, options)  # type: ignore[no-any-return]

    def register_workflow(
        self,
        entity: Any,
        serialization_settings: SerializationSettings | None = None,
        version: str | None = None,
        **options: Any,
    ) -> FlyteWorkflow:
        """Register a workflow whose code is in its image, and return it as the backend has it; see `register`."""
        return self._registered("workflow", entity, serialization_settings, version, options)  # type: ignore[no-any-return]

    def register_launch_plan(
        self,
        entity: Any,
        version: str | None = None,
        project: str | None = None,
        domain: str | None = None,
        serialization_settings: SerializationSettings | None = None,
        **options: Any,
    ) -> FlyteLaunchPlan:
        """Register a launch plan and its workflow, and return it as the backend has it; see `register`."""
        options.update(project=project, domain=domain)
        return self._registered("launch_plan", entity, serialization_settings, version, options)  # type: ignore[no-any-return]

    def fast_register_workflow(self, entity: Any, version: str | None = None, **options: Any) -> FlyteWorkflow:
        """Register a workflow with its code beside the image, and return it as the backend has it; see `register`."""
        return self._registered("workflow", entity, None, version, {"copy": "auto", **options})  # type: ignore[no-any-return]

    def register_script(self, entity: Any, *, copy_all: bool = False, **options: Any) -> Any:
        """Register an entity with its script's code, and return it as the backend has it; see `register`.

        The Flyte SDK's words for its options are taken as well: ``image_config``, ``destination_dir``, ``source_path``
        and ``envs``.
        """
        options = {SCRIPT_WORDS.get(name, name): value for name, value in options.items()}
        options.setdefault("copy", "all" if copy_all else "auto")
        kind = {"workflow": "workflow", "launch plan": "launch_plan"}.get(entity.node_kind, "task")
        return self._registered(
            kind, entity, options.pop("serialization_settings", None), options.pop("version", None), options
        )

    def _registered(
        self, kind: str, entity: Any, settings: SerializationSettings | None, version: str | None, options: Any
    ) -> Any:
        options.setdefault("copy", "none")
        made = self.register(entity, serialization_settings=settings, version=version, **options)
        at = made.serialized.find(kind, entity.name).id
        return self._fetched(kind, at.project, at.domain, at.name, at.version)

    def activate_launchplan(self, plan: FlyteLaunchPlan) -> None:
        """Make a launch plan the active one of its name: the others of the name stop running by their schedules."""
        from fletching_flyte.registration import activate_launch_plan

        activate_launch_plan(self._client, plan.id)

    def upload_file(self, path: str | os.PathLike[str], project: str | None = None, domain: str | None = None) -> str:
        """Send a file, and return the URI by which tasks read it."""
        from fletching_flyte.transfers import upload_file

        project, domain = self.place(project, domain)
        return upload_file(self._client, path, project=project, domain=domain)

    # Executing

    def execute(
        self,
        entity: Any,
        inputs: Mapping[str, Any] | None = None,
        project: str | None = None,
        domain: str | None = None,
        *,
        version: str | None = None,
        execution_name: str | None = None,
        execution_name_prefix: str | None = None,
        options: Options | None = None,
        wait: bool = False,
        serialization_settings: SerializationSettings | None = None,
        image: str | ImageConfig | None = None,
        copy: Copy = "auto",
        **told: Any,
    ) -> FlyteWorkflowExecution:
        """Start an execution, and return it.

        Args:
            entity: what was fetched, a reference, or a task, workflow or launch plan of this program, which is
                registered first.
            inputs: native values; files of this machine are sent.
            project: where it runs; where the entity is, or the default, if not given.
            domain: as above.
            version: of what is registered first; that of its content if not given.
            execution_name: its name; one that has it already, and is of the same with the same inputs, is adopted.
            execution_name_prefix: how a name that is made up begins.
            options: what it is told beside its inputs.
            wait: return when it has ended.
            serialization_settings: of what is registered first.
            image: of what is registered first.
            copy: the code that is sent with what is registered first.
            told: ``labels``, ``annotations``, ``envs``, ``tags``, ``raw_output_prefix``, ``service_account``,
                ``max_parallelism``, ``interruptible``, ``overwrite_cache``, ``cluster_pool`` or
                ``execution_cluster_label``; they stand over ``options``.

        Raises:
            CallError: an input is missing or unknown.
            BackendError: it could not be started.
        """
        settings = settings_for(
            serialization_settings,
            project=project or self._project,
            domain=domain or self._domain,
            version=version,
            image=image,
        )
        made = launch(
            self._client,
            entity,
            inputs or {},
            project=project,
            domain=domain,
            settings=settings,
            copy=copy,
            name=execution_name,
            prefix=execution_name_prefix or "f",
            told=options_of(options, told),
        )
        return made.wait() if wait else made

    def wait(
        self,
        execution: FlyteWorkflowExecution,
        timeout: float | datetime.timedelta | None = None,
        poll_interval: float | datetime.timedelta | None = None,
        sync_nodes: bool = True,
    ) -> FlyteWorkflowExecution:
        """Wait until an execution has ended, and return it; see `FlyteWorkflowExecution.wait`."""
        return execution.wait(timeout, poll_interval, sync_nodes=sync_nodes)

    def sync(self, execution: FlyteWorkflowExecution, *, sync_nodes: bool = False) -> FlyteWorkflowExecution:
        """Look again how an execution is, and return it."""
        return execution.sync(sync_nodes=sync_nodes)

    sync_execution = sync

    def terminate(self, execution: FlyteWorkflowExecution, cause: str = "") -> None:
        """Stop an execution; nothing if it has ended."""
        execution.terminate(cause)

    def approve(
        self, signal_id: str, execution_name: str, project: str | None = None, domain: str | None = None
    ) -> None:
        """Let an execution go on that waits at a gate of `fletching.approve`."""
        self.set_input(signal_id, execution_name, True, project, domain)

    def reject(
        self, signal_id: str, execution_name: str, project: str | None = None, domain: str | None = None
    ) -> None:
        """Have an execution fail that waits at a gate of `fletching.approve`."""
        self.set_input(signal_id, execution_name, False, project, domain)

    def set_input(
        self,
        signal_id: str,
        execution_name: str,
        value: Any,
        project: str | None = None,
        domain: str | None = None,
        python_type: Any = None,
    ) -> None:
        """Give an execution the value that it waits for at a gate of `fletching.wait_for_input`.

        Raises:
            FlyteEntityNotExistException: it has reached no gate of that name.
        """
        from fletching_flyte.signals import answer

        execution = self.fetch_execution(project, domain, execution_name).id
        answer(self._client, execution, signal_id, value, python_type)
