"""Branches of more than one call: each is a workflow of its own on the wire, which travels with the one around it."""

from __future__ import annotations

from typing import Any

from fletching import Image, ImageConfig, SerializationSettings, conditional, dynamic, task, workflow
from fletching.extend import dynamic_job, serialize

SETTINGS = SerializationSettings(ImageConfig(Image("default", "example.com/image", "v1")), "p", "d", "v")


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def pair(a: int) -> tuple[str, int]:
    return str(a), a


@task
def table() -> dict[str, int]:
    return {"k": 5}


@workflow
def inner(a: int) -> int:
    return inc(a=a)


def chosen(a: Any) -> Any:
    found: Any = table()
    x = inc(a=a)
    first = conditional("c").if_(a == 1).then(add(a=inner(a=x), b=found["k"])).else_().then(pair(a=a)[1])
    return conditional("c").if_(first > 3).then(inc(a=inc(a=first))).else_().then(inc(a=a))


@workflow
def flow(a: int) -> int:
    return chosen(a)  # type: ignore[no-any-return]


@workflow
def nested(a: int, b: int) -> int:
    x = inc(a=a)
    within: Any = conditional("outer").if_(x == 1)
    return (
        within.then(  # type: ignore[no-any-return]
            inc(a=conditional("inner").if_(x == b).then(add(a=inc(a=x), b=b)).else_().then(inc(a=a)))
        )
        .else_()
        .then(inc(a=b))
    )


@dynamic
def fan(a: int) -> int:
    return chosen(inc(a=a))  # type: ignore[no-any-return]


def written(entity: Any) -> Any:
    return serialize([entity], SETTINGS).entities[-1].message


def names(templates: Any) -> list[str]:
    return [template.id.name.removeprefix(f"{__name__}.") for template in templates]


def test_each_is_a_workflow_with_the_inputs_it_takes_from_around_it() -> None:
    spec = written(flow)
    assert names(spec.sub_workflows) == ["flow.c-1", "flow.c-1-2", "flow.c-2", "inner"]
    first = spec.template.nodes[2].branch_node.if_else
    node = first.case.then_node
    assert (node.id, node.metadata.name) == ("n0", "c-1")
    taken = {each.var: (each.binding.promise.node_id, each.binding.promise.var) for each in node.inputs}
    assert taken == {"n1_o0": ("n1", "o0"), "n0_o0": ("n0", "o0")}
    assert sorted(node.upstream_node_ids) == ["n0", "n1"]
    assert node.workflow_node.sub_workflow_ref == spec.sub_workflows[0].id
    template = spec.sub_workflows[0]
    assert {name: kind.type.simple or "map" for name, kind in template.interface.inputs.variables.items()} == {
        "n1_o0": 1,
        "n0_o0": "map",
    }
    assert [each.id for each in template.nodes] == ["n0", "n1"]
    (a, b) = template.nodes[1].inputs
    assert (a.binding.promise.node_id, a.binding.promise.var) == ("n0", "o0")
    assert (b.binding.promise.node_id, b.binding.promise.var) == ("", "n0_o0")
    assert [step.string_value for step in b.binding.promise.attr_path] == ["k"]
    assert template.outputs[0].binding.promise.node_id == "n1"


def test_one_call_whose_output_has_another_name_is_one_too() -> None:
    spec = written(flow)
    other = spec.template.nodes[2].branch_node.if_else.else_node
    assert [(each.var, each.binding.promise.node_id, each.binding.promise.var) for each in other.inputs] == [
        ("a", "", "a")
    ]
    template = next(each for each in spec.sub_workflows if each.id == other.workflow_node.sub_workflow_ref)
    assert names([template]) == ["flow.c-2"]
    assert template.outputs[0].var == "o0"


def test_a_conditional_inside_one_sees_what_the_branch_has() -> None:
    spec = written(nested)
    assert names(spec.sub_workflows) == ["nested.inner-1", "nested.outer-1"]
    inner_branch, outer_branch = spec.sub_workflows
    assert sorted(outer_branch.interface.inputs.variables) == ["a", "b", "n0_o0"]
    choice = outer_branch.nodes[0]
    operands = {each.var: (each.binding.promise.node_id, each.binding.promise.var) for each in choice.inputs}
    assert operands == {".n0_o0": ("", "n0_o0"), ".b": ("", "b")}
    case = choice.branch_node.if_else.case
    assert case.condition.comparison.left_value.var == ".n0_o0"
    assert {each.var: each.binding.promise.var for each in case.then_node.inputs} == {"n0_o0": "n0_o0", "b": "b"}
    assert case.then_node.workflow_node.sub_workflow_ref == inner_branch.id


def test_nothing_more_is_registered_and_twice_gives_the_same() -> None:
    one, other = (serialize([flow, nested], SETTINGS, default_launch_plans=True).entities for _ in range(2))
    assert [each.to_bytes() for each in one] == [each.to_bytes() for each in other]
    kinds = [(each.kind, each.name.rpartition(".")[2]) for each in one if each.kind != "task"]
    assert kinds == [
        ("workflow", "inner"),
        ("workflow", "flow"),
        ("workflow", "nested"),
        ("launch_plan", "inner"),
        ("launch_plan", "flow"),
        ("launch_plan", "nested"),
    ]


def test_the_job_of_a_dynamic_task_has_them() -> None:
    job: Any = dynamic_job(fan.compile_into_workflow(None, fan.task_function, a=1), SETTINGS)
    assert names(job.subworkflows) == ["fan.c-1", "fan.c-1-2", "fan.c-2", "inner"]
    assert sorted(each.id.name.rpartition(".")[2] for each in job.tasks) == ["add", "inc", "pair", "table"]
