"""``fletch render --pod``: a Pod that Kubernetes takes, made of what the template says and of nothing else."""

from __future__ import annotations

import re
from typing import Any

import yaml

from rendering import Renderer

HEAD = """
from fletching import PodTemplate, Resources, accelerators, map_task, task, workflow
from fletching.extend import Interface, PythonTask

"""


def pod(fletch: Renderer, options: str, *words: str) -> Any:
    fletch.write("my_flow.py", f"{HEAD}@task({options})\ndef t(a: int) -> int:\n    return a\n")
    made = fletch("render", "my_flow.py", "--pod", *words).data
    check(made)
    return made


def check(made: dict[str, Any]) -> None:
    """Hold a manifest against the rules that Kubernetes has for it."""
    assert (made["apiVersion"], made["kind"]) == ("v1", "Pod")
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", made["metadata"]["name"])
    spec = made["spec"]
    containers = spec["containers"]
    assert len({each["name"] for each in containers}) == len(containers) > 0
    volumes = {each["name"] for each in spec.get("volumes", [])}
    for each in containers:
        assert isinstance(each["image"], str)
        assert each["image"]
        assert all(isinstance(word, str) for word in each.get("args", []))
        assert all(set(variable) <= {"name", "value", "valueFrom"} for variable in each.get("env", []))
        assert {mount["name"] for mount in each.get("volumeMounts", [])} <= volumes


def test_a_container_becomes_a_pod_of_one_container(fletch: Renderer) -> None:
    made = pod(
        fletch,
        "requests=Resources(cpu='1', gpu='2'), limits=Resources(mem='1Gi'), environment={'A': '1'}, "
        "labels={'team': 'x'}, annotations={'note': 'y'}",
    )
    assert made["metadata"] == {"name": "my-flow-t", "labels": {"team": "x"}, "annotations": {"note": "y"}}
    assert made["spec"]["restartPolicy"] == "Never"
    (container,) = made["spec"]["containers"]
    assert container["image"] == "example.com/image:v1"
    assert container["args"][0] == "fletch-execute"
    assert container["args"][-4:] == ["task-module", "my_flow", "task-name", "t"]
    assert "command" not in container
    assert container["env"] == [{"name": "A", "value": "1"}]
    assert container["resources"] == {"limits": {"memory": "1Gi"}, "requests": {"cpu": "1", "nvidia.com/gpu": "2"}}


def test_shared_memory_is_a_volume(fletch: Renderer) -> None:
    spec = pod(fletch, "shared_memory='2Gi'")["spec"]
    assert spec["volumes"] == [{"name": "flyte-shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}]
    assert spec["containers"][0]["volumeMounts"] == [{"name": "flyte-shared-memory", "mountPath": "/dev/shm"}]
    unlimited = pod(fletch, "shared_memory=True")["spec"]["volumes"]
    assert unlimited == [{"name": "flyte-shared-memory", "emptyDir": {"medium": "Memory"}}]


def test_an_accelerator_is_a_node_to_wait_for_and_a_taint_to_stand(fletch: Renderer) -> None:
    spec = pod(fletch, "accelerator=accelerators.A100.partition_1g_5gb")["spec"]
    affinity = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (term,) = affinity["nodeSelectorTerms"]
    assert [(each["operator"], each.get("values")) for each in term["matchExpressions"]] == [
        ("In", ["nvidia-tesla-a100"]),
        ("In", ["1g.5gb"]),
    ]
    assert [(each["value"], each["effect"]) for each in spec["tolerations"]] == [
        ("nvidia-tesla-a100", "NoSchedule"),
        ("1g.5gb", "NoSchedule"),
    ]
    whole = pod(fletch, "accelerator=accelerators.A100.unpartitioned")["spec"]["affinity"]["nodeAffinity"]
    (term,) = whole["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"][1]["operator"] == "DoesNotExist"


TEMPLATE = """PodTemplate(
    pod_spec={
        'containers': [
            {'name': 'side', 'image': 'side:1', 'ports': [{'containerPort': 8080}]},
            {'name': 'main', 'env': [{'name': 'X', 'value': '1'}]},
        ],
        'tolerations': [{'key': 'mine', 'operator': 'Exists'}],
        'affinity': {'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': {'nodeSelectorTerms': [
            {'matchExpressions': [{'key': 'zone', 'operator': 'In', 'values': ['a']}]}]}}},
        'restartPolicy': 'OnFailure',
    },
    primary_container_name='main',
    labels={'l': '1'},
)"""


def test_a_pod_template_keeps_what_it_says(fletch: Renderer) -> None:
    made = pod(fletch, f"pod_template={TEMPLATE}, accelerator=accelerators.T4, shared_memory=True")
    spec = made["spec"]
    assert made["metadata"]["labels"] == {"l": "1"}
    assert spec["restartPolicy"] == "OnFailure"
    side, main = spec["containers"]
    assert side == {"name": "side", "image": "side:1", "ports": [{"containerPort": 8080}]}
    assert main["image"] == "example.com/image:v1"
    assert main["args"][0] == "fletch-execute"
    assert main["env"] == [{"name": "X", "value": "1"}]
    assert [each["key"] for each in spec["tolerations"]] == ["mine", "k8s.amazonaws.com/accelerator"]
    (term,) = spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert [each["key"] for each in term["matchExpressions"]] == ["zone", "k8s.amazonaws.com/accelerator"]


def test_what_is_merged_in_by_the_cluster_is_noted(fletch: Renderer) -> None:
    fletch.write("my_flow.py", f"{HEAD}@task(pod_template_name='base')\ndef t() -> None: ...\n")
    printed = fletch("render", "my_flow.py", "--pod")
    assert "merged into the cluster's 'base'" in printed.err


def test_several_tasks_are_a_list_and_what_runs_elsewhere_is_left_out(fletch: Renderer) -> None:
    fletch.write(
        "my_flow.py",
        HEAD + "@task\ndef t(a: int) -> int:\n    return a\n\n@workflow\ndef wf(a: list[int]) -> list[int]:\n"
        "    return map_task(t)(a=a)\n\nquery = PythonTask('some-service', 'query')\n",
    )
    printed = fletch("render", "my_flow.py", "--pod")
    assert printed.data["kind"] == "List"
    for each in printed.data["items"]:
        check(each)
    assert [each["spec"]["containers"][0]["args"][0] for each in printed.data["items"]] == [
        "fletch-map-execute",
        "fletch-execute",
    ] or len(printed.data["items"]) == 2
    assert "note: task 'query' of type 'some-service' runs in no pod" in printed.err
    documents = list(yaml.safe_load_all(fletch("render", "my_flow.py", "--pod", "--format", "yaml").out))
    assert documents == printed.data["items"]
    alone = fletch("render", "my_flow.py", "query", "--pod")
    assert alone.status == 1
    assert "task 'query' of type 'some-service' runs in no pod: a plugin of the backend does its work" in alone.err
