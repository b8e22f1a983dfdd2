"""What may differ between what a flytekit writes and what we write for the same program, as data, and nothing else."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.literals_pb2 import LiteralMap
from google.protobuf.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DIFFERENCES", "MESSAGES", "REFUSALS", "WORDS", "Difference", "Refusal", "comparable", "holds_for"]

MESSAGES: dict[str, Any] = {
    "task": TaskSpec,
    "workflow": WorkflowSpec,
    "launch_plan": LaunchPlan,
    "DynamicJobSpec": DynamicJobSpec,
    "LiteralMap": LiteralMap,
}
WORDS = {
    "pyflyte-execute": "fletch-execute",
    "pyflyte-map-execute": "fletch-map-execute",
    "pyflyte-fast-execute": "fletch-fast-execute",
    "flytekit.core.python_auto_container.default_task_resolver": "fletching.resolver.default_task_resolver",
    "flytekit.core.array_node_map_task.ArrayNodeMapTaskResolver": "fletching_map.resolver.ArrayNodeMapTaskResolver",
}
"""A word of a command that flytekit writes -> the one that we write."""


VERSIONS = ("1.16.31", "1.15.4")
OLD = ("1.15.4",)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that may differ: where, what each side writes, and why."""

    field: str
    """The field of a message, as the documentation names it."""
    message: str
    """The full name of the message that `amend` is given."""
    amend: Callable[[Any], None]
    """Takes the difference out of a message, of either side."""
    theirs: str
    ours: str
    reason: str
    versions: tuple[str, ...] = VERSIONS
    """The flytekits that it is a difference to."""
    only: tuple[str, ...] = ()
    """The programs that do what it takes, or ``program.variable``; none are all."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """What a flytekit does not take, so that there is nothing to compare."""

    program: str
    """Its name, or ``program.variable``."""
    versions: tuple[str, ...]
    reason: str


def comparable(message: Message, version: str, name: str = "", without: Difference | None = None) -> Message:
    """Return a copy of a message without what may differ from a version of flytekit.

    Args:
        message: what either side wrote.
        version: that of the flytekit.
        name: ``program.variable`` of what it was written for.
        without: a difference that is to stay.
    """
    copy = type(message).FromString(message.SerializeToString())
    wanted: dict[str, list[Callable[[Any], None]]] = {}
    for each in DIFFERENCES:
        if each is not without and version in each.versions and holds_for(each, name):
            wanted.setdefault(each.message, []).append(each.amend)
    for part in list(_parts(copy)):
        for amend in wanted.get(part.DESCRIPTOR.full_name, ()):
            amend(part)
    return copy


def holds_for(difference: Difference, name: str) -> bool:
    """Return whether a difference is one of a program or of a variable of it."""
    return not difference.only or name in difference.only or name.partition(".")[0] in difference.only


def _parts(message: Message) -> Iterator[Message]:
    """Yield a message and all in it, but for what is plain data."""
    yield message
    if message.DESCRIPTOR.full_name.startswith("google.protobuf."):
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            parts = value.values() if field.message_type.fields_by_name["value"].message_type else ()
        else:
            parts = [value] if isinstance(value, Message) else value
        for part in parts:
            yield from _parts(part)


def _program(container: Any) -> None:
    container.args[:] = [WORDS.get(word, word) for word in container.args]


def _containers(pod: Any) -> Iterator[Any]:
    for container in pod.pod_spec.fields["containers"].list_value.values if pod.HasField("pod_spec") else ():
        yield container.struct_value.fields


def _program_of_pod(pod: Any) -> None:
    for fields in _containers(pod):
        for word in fields["args"].list_value.values:
            word.string_value = WORDS.get(word.string_value, word.string_value)


def _version(runtime: Any) -> None:
    runtime.version = ""


def _upstream(node: Any) -> None:
    node.upstream_node_ids.sort()


def _bound(array: Any) -> None:
    array.bound_inputs.sort()


def _settings(pair: Any) -> None:
    if pair.key == "_F_SS_C":
        read = json.loads(gzip.decompress(base64.b64decode(pair.value)))
        pair.value = json.dumps(read, sort_keys=True)


def _settings_of_1_15(pair: Any) -> None:
    if pair.key == "_F_SS_C":
        read = json.loads(pair.value)
        read.pop("default_resources", None)
        pair.value = json.dumps(read, sort_keys=True)


def _no_settings(container: Any) -> None:
    kept = [pair for pair in container.env if pair.key != "_F_SS_C"]
    del container.env[:]
    container.env.extend(kept)


def _once(variable: str) -> Callable[[Any], None]:
    def amend(pod: Any) -> None:
        for fields in _containers(pod):
            values = fields["env"].list_value.values
            kept = [each for each in values if each.struct_value.fields["name"].string_value != variable]
            del values[:]
            values.extend(kept)

    return amend


def _without(*fields: str) -> Callable[[Any], None]:
    def amend(message: Any) -> None:
        for field in fields:
            message.ClearField(field)

    return amend


DIFFERENCES = (
    Difference(
        field="`TaskMetadata.runtime.version`",
        message="flyteidl.core.RuntimeMetadata",
        amend=_version,
        theirs="flytekit's version",
        ours="Fletching's version",
        reason="it says what wrote the task; type and flavor are flytekit's",
    ),
    Difference(
        field="`Container.args`",
        message="flyteidl.core.Container",
        amend=_program,
        theirs="`pyflyte-execute`, and resolvers of `flytekit`",
        ours="`fletch-execute`, and resolvers of `fletching`",
        reason="the container starts our program; all other words, and their order, are the same",
    ),
    Difference(
        field="`K8sPod.pod_spec`, the containers' `args`",
        message="flyteidl.core.K8sPod",
        amend=_program_of_pod,
        theirs="the same words",
        ours="the same words",
        reason="as in `Container.args`",
    ),
    Difference(
        field="`Node.upstream_node_ids`",
        message="flyteidl.core.Node",
        amend=_upstream,
        theirs="in the order of a set, another one in each process",
        ours="in the order of the calls",
        reason="the same identifiers; ours have one order, so that the same program has the same bytes",
    ),
    Difference(
        field="`Container.env`, the value of `_F_SS_C`",
        message="flyteidl.core.KeyValuePair",
        amend=_settings,
        theirs="settings as compressed JSON with the time of compression",
        ours="the same without a time",
        reason="the settings are equal; without a time the same program has the same bytes",
    ),
    Difference(
        field="`Container.env`, the value of `_F_SS_C`",
        message="flyteidl.core.KeyValuePair",
        amend=_settings_of_1_15,
        theirs="settings without `default_resources`",
        ours="settings with `default_resources`, null if there are none",
        reason="1.16 brought it, and 1.15 leaves it alone when it reads it",
        versions=OLD,
    ),
    Difference(
        field="`TaskMetadata.metadata`",
        message="flyteidl.core.TaskMetadata",
        amend=_without("metadata"),
        theirs="absent",
        ours="labels and annotations, present also when empty",
        reason="1.16 brought it",
        versions=OLD,
    ),
    Difference(
        field="`ArrayNode.bound_inputs`",
        message="flyteidl.core.ArrayNode",
        amend=_bound,
        theirs="in the order of a set, another one in each process",
        ours="sorted",
        reason="the same names; sorted, so that the same program has the same bytes",
    ),
    Difference(
        field="`TaskMetadata.retries` of an eager task",
        message="flyteidl.core.TaskMetadata",
        amend=_without("retries"),
        theirs="none, whatever the decorator was given",
        ours="what the decorator was given",
        reason="flytekit drops the options of `@eager` without a word",
        only=("eager_plain.options",),
    ),
    Difference(
        field="`TaskTemplate.interface` of a map with `min_successes`",
        message="flyteidl.core.TaskTemplate",
        amend=_without("interface"),
        theirs="a list of values",
        ours="a list of values or None",
        reason="an element that may fail gives None, which flytekit's type says for a ratio only",
        only=("map_options.count", "golden_maps.wf_map_count"),
    ),
    Difference(
        field="`K8sPod.pod_spec`, an `env` that the task and the container both set",
        message="flyteidl.core.K8sPod",
        amend=_once("OWN"),
        theirs="both entries",
        ours="that of the container",
        reason="of two entries Kubernetes takes the last, which is that of the container",
        only=("pod_containers.with_environment",),
    ),
    Difference(
        field="`DescriptionEntity` of a function with a docstring and `docs=`",
        message="flyteidl.admin.DescriptionEntity",
        amend=_without("short_description", "long_description"),
        theirs="the docstring's words",
        ours="the words of `docs=`, and the docstring's where they say nothing",
        reason="what is given by hand is meant",
        only=("task_documentation.docstring_wins",),
    ),
    Difference(
        field="`Container.resources.limits` for one value in `resources=`",
        message="flyteidl.core.Resources",
        amend=_without("limits"),
        theirs="no limit",
        ours="the value, as request and as limit",
        reason="flytekit's documentation says both",
        only=("task_resources_pairs.single_values", "task_resources_pairs.mixed", "override_resources.flow"),
    ),
    Difference(
        field="`Container.image` and `args` of a query",
        message="flyteidl.core.Container",
        amend=_without("image", "args"),
        theirs="flytekit's own image, and an executor that gets the template",
        ours="your image, and the task found by its name",
        reason="no image of ours has to exist, and a query runs what was registered with it",
        only=("sqlite",),
    ),
    Difference(
        field="`Container.env` of what a dynamic task's hints name",
        message="flyteidl.core.Container",
        amend=_no_settings,
        theirs="holds `_F_SS_C` if the hint was serialized by way of the dynamic task",
        ours="never holds it",
        reason="what is written of a task does not depend on what was serialized before",
        only=("dynamic_hints.hinted", "golden_workflows.dyn_hinted"),
    ),
    Difference(
        field="`TaskNodeOverrides.pod_template.pod_spec`",
        message="flyteidl.core.K8sPod",
        amend=_without("pod_spec"),
        theirs="as given",
        ours="with the task's command and image filled in",
        reason="1.16 brought it; without it the node has no command",
        versions=OLD,
        only=("override_pod", "golden_workflows.wf_override_pod"),
    ),
    Difference(
        field="`Container.image` of a template with a dash in a name, or of an image by digest",
        message="flyteidl.core.Container",
        amend=_without("image"),
        theirs="the template's text",
        ours="the image",
        reason="1.16 brought it",
        versions=OLD,
        only=("task_images_digest",),
    ),
    Difference(
        field="`Variable.type` of a `typing.Literal`",
        message="flyteidl.core.Variable",
        amend=_without("type"),
        theirs="a pickle",
        ours="the values' type, with the values as annotation",
        reason="1.16 brought it",
        versions=OLD,
        only=("types_literal", "types_literal_constants"),
    ),
    Difference(
        field="`Binding` of a constant of such a type",
        message="flyteidl.core.Binding",
        amend=_without("binding"),
        theirs="the address of a pickle",
        ours="the value",
        reason="1.16 brought it",
        versions=OLD,
        only=("types_literal", "types_literal_constants"),
    ),
    Difference(
        field="`ArrayNode.run_all_sub_nodes`",
        message="flyteidl.core.ArrayNode",
        amend=_without("run_all_sub_nodes"),
        theirs="unknown, and the keyword ignored",
        ours="as given",
        reason="1.16 brought it",
        versions=OLD,
        only=("map_run_all", "golden_maps.wf_map_all"),
    ),
)
"""In the order in which they are taken out."""

REFUSALS = (
    Refusal(
        program="override_cache_object.flow", versions=OLD, reason="`with_overrides(cache=Cache(...))` came with 1.16"
    ),
    Refusal(program="golden_workflows.wf_override_cache", versions=OLD, reason="the same"),
    Refusal(
        program="golden_workflows.programs_6_options",
        versions=OLD,
        reason="it uses `ConcurrencyPolicy`, which came with 1.16",
    ),
    Refusal(program="plan_concurrency", versions=OLD, reason="`ConcurrencyPolicy` came with 1.16"),
    Refusal(program="task_accelerators_new", versions=OLD, reason="these devices came with 1.16"),
    Refusal(program="task_cache_policy_list", versions=OLD, reason="a list of policies works since 1.16"),
    Refusal(
        program="task_default_resources", versions=OLD, reason="`default_resources` of the settings came with 1.16"
    ),
)
