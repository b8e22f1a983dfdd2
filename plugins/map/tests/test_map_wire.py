"""What a Flyte backend is told about a map task; the target never changes."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from fletching import (
    Image,
    ImageConfig,
    LaunchPlan,
    PodTemplate,
    PythonInstanceTask,
    Resources,
    Secret,
    SerializationSettings,
    TaskMetadata,
    task,
    workflow,
)
from fletching.errors import ResolverError
from fletching.extend import Interface, PythonTask, task_template
from fletching.testing import template_of
from fletching_map import ArrayNodeMapTask, ArrayNodeMapTaskResolver, ExecutionMode, array_node, map_task

SETTINGS = SerializationSettings(ImageConfig(Image("default", "registry.example/image", "1")), "p", "d", "v")
HERE = __name__


@task(
    retries=3,
    environment={"A": "1"},
    requests=Resources(cpu="1"),
    secret_requests=[Secret(group="g", key="k")],
)
def scale(number: int, by: float, unit: str = "m") -> float:
    """Scale a number."""
    return number * by


@task(pod_template=PodTemplate(primary_container_name="main"))
def in_pod(number: int) -> int:
    return number


class Plain(PythonTask[None]):
    def get_custom(self, settings: SerializationSettings) -> dict[str, Any]:
        return {"kind": "plain"}


class Instance(PythonInstanceTask[None]):
    def execute(self, /, **kwargs: Any) -> Any:
        return kwargs["number"]


instance = Instance("an instance", None, task_type="special", interface=Interface({"number": int}, {"o0": int}))


@workflow
def flow(number: int) -> int:
    return in_pod(number=number)


def test_the_template_is_the_targets_with_lists_and_another_command() -> None:
    made = map_task(functools.partial(scale, unit="km", by=2.0))
    template, inner = template_of(made), template_of(scale)
    assert (template.type, template.task_type_version) == ("python-task", 1)
    assert template.metadata == inner.metadata
    assert template.security_context == inner.security_context
    assert template.container.image == inner.container.image
    assert template.container.resources == inner.container.resources
    assert template.container.env == inner.container.env
    assert template.interface.inputs.variables["number"].type.HasField("collection_type")
    assert not template.interface.inputs.variables["by"].type.HasField("collection_type")
    assert template.interface.outputs.variables["o0"].type.HasField("collection_type")
    assert list(template.container.args) == [
        "fletch-map-execute",
        "--inputs",
        "{{.input}}",
        "--output-prefix",
        "{{.outputPrefix}}",
        "--raw-output-data-prefix",
        "{{.rawOutputDataPrefix}}",
        "--checkpoint-path",
        "{{.checkpointOutputPrefix}}",
        "--prev-checkpoint",
        "{{.prevCheckpointPrefix}}",
        "--resolver",
        "fletching_map.resolver.ArrayNodeMapTaskResolver",
        "--",
        "vars",
        "by,unit",
        "resolver",
        "fletching.resolver.default_task_resolver",
        "task-module",
        HERE,
        "task-name",
        "scale",
    ]


def test_the_target_stays_as_it_is() -> None:
    before = template_of(scale)
    template_of(map_task(scale))
    assert template_of(scale) == before
    assert scale.get_command(SETTINGS)[0] == "fletch-execute"


def test_the_name_has_the_form_that_backends_know() -> None:
    made = map_task(functools.partial(scale, unit="km", by=2.0), concurrency=4)
    # The MD5 of "by,unit", "4", "None" and "1.0", one after the other.
    assert made.name == f"{HERE}.map_scale_16d2124fda94e27017ac005e2c70020c-arraynode"
    assert map_task(instance).name.startswith("special.map_instance_")


def test_code_that_is_fetched_first_is_in_front_of_the_command() -> None:
    fast = {"enabled": True, "destination_dir": "/root", "distribution_location": "s3://code"}
    settings = SerializationSettings.from_dict({**SETTINGS.to_dict(), "fast_serialization_settings": fast})
    made = map_task(scale)
    assert isinstance(made, ArrayNodeMapTask)
    assert made.get_command(settings) == [
        "fletch-fast-execute",
        "--additional-distribution",
        "s3://code",
        "--dest-dir",
        "/root",
        "--",
        *made.get_default_command(settings),
    ]
    assert list(task_template(made, settings).container.args) == made.get_command(settings)


def test_a_pod_has_the_command_in_its_main_container() -> None:
    template = template_of(map_task(in_pod))
    assert not template.HasField("container")
    [main] = template.k8s_pod.pod_spec["containers"]
    assert main["args"][0] == "fletch-map-execute"
    assert template.config["primary_container_name"] == "main"


def test_a_target_without_a_container_has_none_as_a_map() -> None:
    plain = Plain("plain", "plain", interface=Interface({"number": int}, {"o0": int}))
    template = template_of(map_task(plain))
    assert template.type == "plain"
    assert template.WhichOneof("target") is None
    assert dict(template.custom) == {"kind": "plain"}


def test_metadata_of_its_own_is_what_is_written() -> None:
    template = template_of(map_task(scale, metadata=TaskMetadata(retries=7)))
    assert template.metadata.retries.retries == 7
    assert template_of(scale).metadata.retries.retries == 3


def test_how_much_a_backend_remembers_follows_the_target() -> None:
    assert map_task(scale).execution_mode is ExecutionMode.MINIMAL_STATE
    assert map_task(functools.partial(scale, by=1.0)).execution_mode is ExecutionMode.MINIMAL_STATE
    assert map_task(instance).execution_mode is ExecutionMode.FULL_STATE
    assert array_node(LaunchPlan.get_or_create(flow)).execution_mode is ExecutionMode.FULL_STATE


def test_its_node_says_its_name_and_the_element_the_rest() -> None:
    made = map_task(scale)
    outer, inner = made.construct_node_metadata(), made.construct_sub_node_metadata()
    assert (outer.name, outer.retries) == (made.name, 0)
    assert (inner.name, inner.retries) == (made.name, 3)


def test_a_command_leads_back_to_the_task() -> None:
    resolver = ArrayNodeMapTaskResolver()
    for made in (map_task(scale), map_task(scale, bound_inputs={"by"}), map_task(instance)):
        assert isinstance(made, ArrayNodeMapTask)
        found = resolver.load_task(resolver.loader_args(None, made))
        assert isinstance(found, ArrayNodeMapTask)
        assert found.target is made.target
        assert found.bound_inputs == made.bound_inputs


@pytest.mark.parametrize(
    "words", [[], ["vars", ""], ["vars", "", "solver", "x"], ["task-module", "a", "task-name", "b"]]
)
def test_other_words_are_refused(words: list[str]) -> None:
    with pytest.raises(ResolverError, match="expected vars NAMES resolver RESOLVER"):
        ArrayNodeMapTaskResolver().load_task(words)


def test_only_maps_have_such_words() -> None:
    with pytest.raises(ResolverError, match="is no map task"):
        ArrayNodeMapTaskResolver().loader_args(None, scale)


def test_literals_run_it_whole() -> None:
    from fletching.extend import from_literal_map, to_literal_map

    made = map_task(functools.partial(scale, by=2.0))
    types = made.python_interface
    given = to_literal_map(types.inputs, {"number": [1, 2]})
    assert from_literal_map(types.outputs, made.dispatch_execute(None, given)) == {"o0": [2.0, 4.0]}
