"""LaunchPlan: a workflow with inputs of its own, and when it is to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from fletching.errors import CallError, ConfigError, ConversionError, GraphError, close_match
from fletching.executable import Executable
from fletching.function_task import reduce_located
from fletching.gate import MOCKS
from fletching.interface import Interface
from fletching.reference_plans import ReferenceWorkflow
from fletching.workflows import WorkflowBase

if TYPE_CHECKING:
    from flyteidl.core.interface_pb2 import ParameterMap

    from fletching.expansion import Expansion
    from fletching.graph.graph import Graph
    from fletching.graph.node import NodeMetadata
    from fletching.schedules import CronSchedule, FixedRate

__all__ = ["LaunchPlan", "default_plan"]

OPTIONS = (
    "annotations",
    "auth_role",
    "auto_activate",
    "concurrency",
    "labels",
    "max_parallelism",
    "notifications",
    "overwrite_cache",
    "raw_output_data_config",
    "security_context",
    "trigger",
)
"""What only a backend acts on; kept as given, for when the plan is registered."""


AnyWorkflow: TypeAlias = WorkflowBase | ReferenceWorkflow


class LaunchPlan(Executable):
    """A workflow, defaults and fixed values for its inputs, and a schedule; called by keyword.

    A schedule and the options of a backend are data: a local call runs the workflow.
    """

    node_kind = "launch plan"

    def __init__(
        self,
        name: str,
        workflow: AnyWorkflow,
        default_inputs: Mapping[str, Any] | None = None,
        fixed_inputs: Mapping[str, Any] | None = None,
        schedule: CronSchedule | FixedRate | None = None,
        **options: Any,
    ) -> None:
        if not isinstance(workflow, (WorkflowBase, ReferenceWorkflow)):
            raise ConfigError(f"launch plan {name!r}: workflow must be a workflow, got {workflow!r}")
        if not isinstance(name, str) or not name:
            raise ConfigError(f"a launch plan's name must be a non-empty string, got {name!r}")
        self._locate()
        self._name = name
        self._workflow = workflow
        self._fixed = self._checked("fixed_inputs", fixed_inputs)
        self._defaults = self._checked("default_inputs", default_inputs)
        both = self._fixed.keys() & self._defaults.keys()
        if both:
            raise ConfigError(f"launch plan {name!r}: {min(both)!r} is fixed, so it has no use for a default as well")
        self._options = _checked_options(name, options)
        self._schedule = _checked_schedule(name, _scheduled(name, schedule, self._options), workflow)
        self._python_interface = _interface(workflow, self._fixed, self._defaults)

    @classmethod
    def create(cls, name: str, workflow: AnyWorkflow, *args: Any, **kwargs: Any) -> LaunchPlan:
        """Return a new launch plan.

        Raises:
            GraphError: another one of that name differs from it.
        """
        return _kept(cls(name, workflow, *args, **kwargs))

    @classmethod
    def get_or_create(cls, workflow: AnyWorkflow, name: str | None = None, *args: Any, **kwargs: Any) -> LaunchPlan:
        """Return the launch plan of a name, made if there is none; without a name the workflow's default one.

        Raises:
            GraphError: it exists and differs.
            ConfigError: the default one is asked to be special; it needs a name for that.
        """
        if name is None:
            special = [key for key, value in kwargs.items() if value is not None]
            if args or special:
                raise ConfigError(
                    f"the default launch plan of {workflow.name!r} has no {special[0] if special else 'inputs'} of its "
                    "own; give it a name"
                )
            return cls.get_default_launch_plan(None, workflow)
        return _kept(cls(name, workflow, *args, **kwargs))

    @staticmethod
    def get_default_launch_plan(ctx: Any, workflow: AnyWorkflow) -> LaunchPlan:
        """Return the launch plan that has a workflow's own name and defaults; ``ctx`` is for the Flyte call form."""
        return _kept(default_plan(workflow))

    def clone_with(self, name: str, **changed: Any) -> LaunchPlan:
        """Return a launch plan with another name that differs from this one in what is given."""
        whole = {
            "default_inputs": self._defaults,
            "fixed_inputs": self._fixed,
            "schedule": self._schedule,
            **self._options,
            **changed,
        }
        return LaunchPlan(name, self._workflow, **whole)

    @property
    def workflow(self) -> AnyWorkflow:
        """What it runs."""
        return self._workflow

    @property
    def graph(self) -> Graph:
        """The workflow's calls; a reference to one has none."""
        workflow: Any = self._workflow
        graph: Graph = workflow.graph
        return graph

    @property
    def fixed_inputs(self) -> dict[str, Any]:
        """Inputs that a caller cannot change."""
        return dict(self._fixed)

    @property
    def saved_inputs(self) -> dict[str, Any]:
        """Defaults and fixed inputs of its own."""
        return {**self._defaults, **self._fixed}

    @property
    def parameters(self) -> ParameterMap:
        """The inputs that a caller may give, with their defaults, as the wire has them."""
        from fletching.types.idl import parameter_map

        return parameter_map(self._python_interface, self._workflow.interface.inputs)

    @property
    def schedule(self) -> CronSchedule | FixedRate | None:
        """When a backend runs it, or None."""
        return self._schedule

    @property
    def options(self) -> dict[str, Any]:
        """What a backend is told about it, by keyword."""
        return dict(self._options)

    @property
    def notifications(self) -> list[Any]:
        """Who is told of its executions, and when."""
        return list(self._options.get("notifications") or ())

    @property
    def labels(self) -> Any:
        """The Kubernetes labels of its executions, or None."""
        return self._options.get("labels")

    @property
    def annotations(self) -> Any:
        """The Kubernetes annotations of its executions, or None."""
        return self._options.get("annotations")

    @property
    def max_parallelism(self) -> int | None:
        """The most nodes a backend runs at once, or None for its own limit."""
        return self._options.get("max_parallelism")

    @property
    def concurrency(self) -> Any:
        """How many executions a backend runs beside each other, and what becomes of more, or None."""
        return self._options.get("concurrency")

    @property
    def raw_output_data_config(self) -> Any:
        """Where its executions write files, or None for the backend's own place."""
        return self._options.get("raw_output_data_config")

    @property
    def overwrite_cache(self) -> bool | None:
        """Whether its executions run what is cached, and cache it anew."""
        return self._options.get("overwrite_cache")

    @property
    def should_auto_activate(self) -> bool:
        """Whether it is active as soon as it is registered."""
        return bool(self._options.get("auto_activate"))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Run the workflow at once, or record a node; inputs are given by keyword only.

        Raises:
            CallError: an input is missing, unknown, fixed, or was given by position.
        """
        if args:
            raise CallError(f"launch plan {self.name!r} takes its inputs by keyword, got {args[0]!r} by position")
        for name in kwargs:
            if name in self._fixed:
                raise CallError(f"launch plan {self.name!r}: {name!r} is fixed to {self._fixed[name]!r}")
        return super().__call__(**kwargs)

    def expand(self, inputs: Mapping[str, Any]) -> Expansion | None:
        expansion: Expansion | None = self._called().expand({**self._fixed, **inputs})
        return expansion

    def execute(self, /, **kwargs: Any) -> Any:
        """Ask a workflow that is no graph here: a reference, or one that a test mocks."""
        return self._called().execute(**{**self._fixed, **kwargs})

    def _called(self) -> Any:
        return MOCKS.get(id(self._workflow), self._workflow)

    def construct_node_metadata(self) -> NodeMetadata:
        return self._workflow.construct_node_metadata()

    def _checked(self, what: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
        from fletching.types.engine import transformer

        known = self._workflow.python_interface.inputs
        for name, value in (given or {}).items():
            if name not in known:
                raise ConfigError(
                    f"launch plan {self._name!r}: {what} names {name!r}, which is no input of {self._workflow.name!r}"
                    f"{close_match(name, known)}"
                )
            try:
                transformer(known[name]).carry(value)
            except ConversionError as error:
                raise error.within(self.short_name, f"{what} {name!r}") from None
        return dict(given or {})

    def _same(self, other: LaunchPlan) -> bool:
        ours, theirs = vars(self), vars(other)
        names = ("_workflow", "_fixed", "_defaults", "_schedule", "_options")
        return all(_equal(ours[name], theirs[name]) for name in names)

    def __reduce__(self) -> Any:
        return reduce_located(self)

    def __repr__(self) -> str:
        return f"LaunchPlan({self.name!r}, workflow={self._workflow.name!r})"


def _equal(one: object, other: object) -> bool:
    try:
        return one is other or bool(one == other)
    except Exception:  # noqa: BLE001 - an array has no single truth value: nobody knows, so it is another one
        return False


def _scheduled(name: str, schedule: object, options: dict[str, Any]) -> object:
    """Return the schedule, or take it out of a trigger that is one."""
    from fletching.schedules import OnSchedule

    trigger = options.get("trigger")
    if not isinstance(trigger, OnSchedule):
        return schedule
    if schedule is not None:
        raise ConfigError(f"launch plan {name!r}: schedule and trigger both say when it runs; give one of them")
    del options["trigger"]
    return trigger.schedule


def _checked_schedule(name: str, schedule: object, workflow: AnyWorkflow) -> CronSchedule | FixedRate | None:
    from fletching.schedules import CronSchedule, FixedRate

    if schedule is None:
        return None
    if not isinstance(schedule, (CronSchedule, FixedRate)):
        raise ConfigError(f"launch plan {name!r}: schedule must be a CronSchedule or a FixedRate, got {schedule!r}")
    time, known = schedule.kickoff_time_input_arg, workflow.python_interface.inputs
    if time is not None and time not in known:
        raise ConfigError(
            f"launch plan {name!r}: the schedule names kickoff_time_input_arg {time!r}, which is no input of "
            f"{workflow.name!r}{close_match(time, known)}"
        )
    return schedule


def _checked_options(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    from fletching.errors import UnknownOptionError

    for option in options:
        if option not in OPTIONS:
            raise UnknownOptionError(f"launch plan {name!r}: unknown option {option!r}{close_match(option, OPTIONS)}")
    given = {option: value for option, value in options.items() if value is not None}
    if "auth_role" in given and "security_context" in given:
        raise ConfigError(
            f"launch plan {name!r}: auth_role and security_context say the same thing; give the latter only"
        )
    return given


def _interface(workflow: AnyWorkflow, fixed: Mapping[str, Any], defaults: Mapping[str, Any]) -> Interface:
    """Return the workflow's interface without the fixed inputs, the plan's own defaults filled in."""
    theirs = workflow.python_interface
    known = {**theirs.defaults, **defaults}
    inputs = {
        name: (kind, known[name]) if name in known else kind
        for name, kind in theirs.inputs.items()
        if name not in fixed
    }
    return (
        Interface().with_inputs(inputs).with_outputs(theirs.outputs)
        if not theirs.output_tuple_name
        else Interface(inputs, dict(theirs.outputs), theirs.output_tuple_name)
    )


def default_plan(workflow: AnyWorkflow) -> LaunchPlan:
    """Return the launch plan by which a workflow is started: of its own name, defaults and ``default_options``."""
    given = getattr(workflow, "default_options", None) or {}
    if not isinstance(given, Mapping):
        given = {name: getattr(given, name, None) for name in OPTIONS}
    return LaunchPlan(workflow.name, workflow, **given)


_plans: dict[str, LaunchPlan] = {}


def _kept(plan: LaunchPlan) -> LaunchPlan:
    """Return the plan of that name if it says the same; keep this one if there is none."""
    known = _plans.setdefault(plan.name, plan)
    if known._same(plan):
        return known
    # A workflow defined anew, as in a notebook, brings its plans anew.
    if known.workflow.name == plan.workflow.name and known.workflow is not plan.workflow:
        _plans[plan.name] = plan
        return plan
    raise GraphError(
        f"launch plan {plan.name!r} exists with another workflow, inputs, schedule or options; choose another name"
    )
