"""Pod templates."""

import copy
import datetime
import pickle
from typing import Any

import hypothesis
import pytest
from flyteidl.core import literals_pb2, tasks_pb2
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st

from fletching.errors import ConfigError
from fletching.pods import PodTemplate, sanitize_pod_spec
from fletching.resources import Resources, convert_resources_to_resource_model
from fletching.settings import ImageConfig


class V1Model:
    """Built as the Kubernetes client builds its models."""

    attribute_map: dict[str, str] = {}

    def __init__(self, **values: Any) -> None:
        for name in self.attribute_map:
            setattr(self, name, values.get(name))


class V1Container(V1Model):
    attribute_map = {"name": "name", "image": "image", "env": "env", "working_dir": "workingDir"}


class V1PodSpec(V1Model):
    attribute_map = {
        "containers": "containers",
        "init_containers": "initContainers",
        "node_selector": "nodeSelector",
        "restart_policy": "restartPolicy",
        "not_before": "notBefore",
    }


def container(**options: Any) -> tasks_pb2.Container:
    env = [literals_pb2.KeyValuePair(key=key, value=value) for key, value in options.pop("env", {}).items()]
    return tasks_pb2.Container(image="task:1", args=["run", "me"], env=env, **options)


def pod(template: PodTemplate, *args: Any, **options: Any) -> dict[str, Any]:
    message = template.to_k8s_pod(*args, **options)
    plain: dict[str, Any] = MessageToDict(message.pod_spec)
    return plain


def test_an_empty_template_gets_the_tasks_container() -> None:
    resources = convert_resources_to_resource_model(Resources("1", "2Gi", "3", "4Gi"), Resources(cpu=2))
    template = PodTemplate(labels={"l": "1"}, annotations={"a": "2"})
    message = template.to_k8s_pod(container(resources=resources, env={"A": "1"}))
    assert MessageToDict(message.pod_spec) == {
        "containers": [
            {
                "name": "primary",
                "image": "task:1",
                "command": [],
                "args": ["run", "me"],
                "env": [{"name": "A", "value": "1"}],
                "resources": {
                    "requests": {"cpu": "1", "memory": "2Gi", "nvidia.com/gpu": "3", "ephemeral-storage": "4Gi"},
                    "limits": {"cpu": "2"},
                },
            }
        ]
    }
    assert dict(message.metadata.labels) == {"l": "1"}
    assert dict(message.metadata.annotations) == {"a": "2"}
    # The field belongs to overrides of a node; a task's template says it in its config.
    assert message.primary_container_name == ""


def test_models_and_dicts_are_one() -> None:
    model = V1PodSpec(
        containers=[V1Container(name="primary", working_dir="/"), V1Container(name="side", image="side:1")],
        node_selector={"gpu": "yes"},
        not_before=datetime.date(2024, 1, 1),
    )
    manifest = {
        "containers": [{"name": "primary", "workingDir": "/"}, {"name": "side", "image": "side:1"}],
        "nodeSelector": {"gpu": "yes"},
        "notBefore": "2024-01-01",
    }
    assert sanitize_pod_spec(model) == manifest
    one, other = PodTemplate(model), PodTemplate(manifest)
    assert one == other
    assert one.version_hash() == other.version_hash()
    assert hash(one) == hash(other)
    assert one != PodTemplate(manifest, "side")
    assert one.version_hash() != PodTemplate(manifest, "side").version_hash()
    assert one != "pod"
    assert PodTemplate() == PodTemplate(V1PodSpec())


def test_the_primary_container_is_filled_in() -> None:
    spec = {
        "containers": [
            {"name": "side", "image": "{{.image.default}}", "command": ["keep"]},
            {
                "name": "main",
                "image": "{{.image.x.fqn}}:{{.image.x.version}}",
                "command": ["lost"],
                "env": [{"name": "A", "value": "own"}, {"name": "C", "valueFrom": {"x": "y"}}],
                "resources": {"limits": {"cpu": "9"}},
            },
        ],
        "initContainers": [{"name": "first", "image": "{{.image.x}}"}],
    }
    given_spec = copy.deepcopy(spec)
    template = PodTemplate(spec, "main")
    config = ImageConfig.from_images("a/b:1", {"x": "c/d:2"})
    expected = {
        "containers": [
            {"name": "side", "image": "a/b:1", "command": ["keep"]},
            {
                "name": "main",
                "image": "c/d:2",
                "command": [],
                "args": ["run", "me"],
                "env": [
                    {"name": "B", "value": "task"},
                    {"name": "A", "value": "own"},
                    {"name": "C", "valueFrom": {"x": "y"}},
                ],
                "resources": {"limits": {"cpu": "9"}},
            },
        ],
        "initContainers": [{"name": "first", "image": "c/d:2"}],
    }
    for _ in range(2):
        assert pod(template, container(env={"A": "task", "B": "task"}), image_config=config) == expected
    assert spec == given_spec
    gpu = convert_resources_to_resource_model(Resources(gpu=1))
    filled = pod(template, container(resources=gpu), image_config=config, gpu_resource="amd.com/gpu")
    assert filled["containers"][1]["resources"] == {"requests": {"amd.com/gpu": "1"}, "limits": {}}
    alone = pod(template, image_config=config)
    assert alone["containers"][1]["command"] == ["lost"]


def test_a_template_never_changes() -> None:
    spec: dict[str, Any] = {"containers": []}
    template = PodTemplate(spec)
    before = template.version_hash()
    spec["restartPolicy"] = "Never"
    template.manifest()["restartPolicy"] = "Never"
    assert template.version_hash() == before
    with pytest.raises(AttributeError):
        template.primary_container_name = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"primary_container_name": ""}, "PodTemplate: primary_container_name is '', expected a non-empty str"),
        ({"labels": {"a": 1}}, "PodTemplate: labels['a'] is 1, expected a str"),
        ({"pod_spec": "spec"}, "PodTemplate: pod_spec is str 'spec', expected a V1PodSpec or a dict"),
        ({"pod_spec": {"a": [{1: 2}]}}, "PodTemplate: pod_spec.a[0] has the key 1, expected a str"),
        ({"pod_spec": {"a": {"b": {1}}}}, "PodTemplate: pod_spec.a.b is set {1}, which no manifest can hold"),
    ],
)
def test_every_field_is_checked(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        PodTemplate(**options)
    assert str(caught.value) == text


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@hypothesis.settings(deadline=None)
@given(st.dictionaries(st.text(max_size=3).map("x".__add__), plain, max_size=4))
def test_law_a_manifest_survives(spec: dict[str, Any]) -> None:
    template = PodTemplate(spec, labels={"a": "b"})
    assert template.manifest() == spec
    assert pickle.loads(pickle.dumps(template)) == copy.deepcopy(template) == template
    written = pod(template)
    assert written.pop("containers") == [{"name": "primary"}]
    assert written == spec
