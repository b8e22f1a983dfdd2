"""What a backend has: found, listed, called in workflows; and what is said where it has nothing."""

from __future__ import annotations

import copy

import pytest

from fletching import LaunchPlan, task, workflow
from fletching.errors import ConfigError, RemoteOnlyError
from fletching.testing import task_mock
from fletching_flyte import (
    FlyteEntityNotExistException,
    FlyteLaunchPlan,
    FlyteRemote,
    FlyteTask,
    FlyteWorkflow,
)
from flyte_server import FlyteServer


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@workflow
def inner(a: int) -> int:
    return add(a=a)


@workflow
def flow(a: int = 3) -> int:
    return inner(a=add(a=a))


plan = LaunchPlan("plan_of_fetch", flow, {"a": 5})


@pytest.fixture(autouse=True)
def _registered(remote: FlyteRemote, server: FlyteServer) -> None:
    remote.register(plan, version="v1", image="x:1", copy="none")
    remote.register(add, version="v2", image="x:2", copy="none")


def test_by_version_and_the_newest(remote: FlyteRemote) -> None:
    one, newest = remote.fetch_task(name=add.name, version="v1"), remote.fetch_task(name=add.name)
    assert isinstance(one, FlyteTask)
    assert (one.id.version, newest.id.version) == ("v1", "v2")
    assert newest.template.container.image == "x:2"
    assert dict(one.python_interface.inputs) == {"a": int, "b": int}
    found = remote.fetch_workflow("flytesnacks", "development", flow.name, "v1")
    assert isinstance(found, FlyteWorkflow)
    assert {node.id for node in found.template.nodes} == {"n0", "n1"}


def test_of_launch_plans_the_active_one(remote: FlyteRemote) -> None:
    found = remote.fetch_launch_plan(name="plan_of_fetch")
    assert isinstance(found, FlyteLaunchPlan)
    assert (found.id.version, found.is_active) == ("v1", False)
    assert found.python_interface.defaults == {"a": 5}
    assert found.workflow_id.name == flow.name
    remote.register(plan, version="w2", image="x:1", copy="none")
    remote.activate_launchplan(found)
    assert remote.fetch_launch_plan(name="plan_of_fetch").id.version == "v1"
    remote.register(plan, version="w3", image="x:1", copy="none", activate_launchplans=True)
    assert remote.fetch_launch_plan(name="plan_of_fetch").id.version == "w3"
    assert not remote.fetch_launch_plan(name="plan_of_fetch", version="v1").is_active


def test_what_is_not_there_is_told_with_what_is_near(remote: FlyteRemote) -> None:
    for asked, message in (
        ({"name": "test_flyte_fetch.ad"}, f"did you mean '{add.name}'"),
        ({"name": "other_module.add"}, f"did you mean '{add.name}'"),
        ({"name": add.name, "version": "v9"}, "its newest versions are: v2, v1"),
        ({"name": add.name, "project": "flyte"}, "there is no project 'flyte'.*there are: flytesnacks, other"),
        ({"name": add.name, "domain": "prodution"}, "has no domain 'prodution'; did you mean 'production'"),
    ):
        with pytest.raises(FlyteEntityNotExistException, match=message):
            remote.fetch_task(**asked)
    with pytest.raises(FlyteEntityNotExistException, match="cannot fetch execution 'nothing' in project 'flytesnacks'"):
        remote.fetch_execution(name="nothing")
    with pytest.raises(ConfigError, match="a name is needed"):
        remote.fetch_task()


def test_a_lazy_one_is_fetched_when_it_is_used(remote: FlyteRemote, server: FlyteServer) -> None:
    before = server.calls.total()
    lazy = remote.fetch_task_lazy(name=add.name, version="v1")
    plans = remote.fetch_launch_plan_lazy("flytesnacks", "development", "plan_of_fetch")
    workflows = remote.fetch_workflow_lazy("flytesnacks", "development", flow.name)
    assert (lazy.name, plans.name, repr(workflows)) == (add.name, "plan_of_fetch", f"LazyEntity({flow.name!r})")
    copy.copy(lazy)
    assert server.calls.total() == before
    assert lazy.entity.id.version == "v1"
    assert lazy.entity is lazy.entity
    assert lazy.python_interface is lazy.entity.python_interface


def test_they_are_nodes_of_workflows(remote: FlyteRemote, server: FlyteServer) -> None:
    known = remote.fetch_task(name=add.name, version="v1")
    whole = remote.fetch_workflow(name=flow.name, version="v1")
    started = remote.fetch_launch_plan(name="plan_of_fetch")

    @workflow
    def uses(a: int) -> int:
        return known(a=whole(a=started(a=a)), b=2)

    remote.register(uses, version="v1", image="x:1", copy="none")
    kept = server.admin.entities["workflow"][("flytesnacks", "development", uses.name, "v1")]
    nodes = {node.id: node for node in kept.closure.compiled_workflow.primary.template.nodes}
    assert nodes["n0"].workflow_node.launchplan_ref == started.id
    assert nodes["n1"].workflow_node.sub_workflow_ref == whole.id
    assert nodes["n2"].task_node.reference_id == known.id
    assert (add.name, "v1") in server.registered["task"]
    assert remote.register(uses, version="v1", image="x:1", copy="none").registered[0].created is False


def test_they_do_not_run_here_unless_it_is_said_what_they_give(remote: FlyteRemote) -> None:
    known = remote.fetch_task(name=add.name)
    with pytest.raises(RemoteOnlyError):
        known(a=1, b=2)
    with task_mock(known) as mock:
        mock.return_value = 7
        assert known(a=1, b=2) == 7


def test_lists(remote: FlyteRemote) -> None:
    assert [each.name for each in remote.list_tasks_by_version("v2")] == [add.name]
    assert remote.recent_executions() == []


def test_pages(remote: FlyteRemote) -> None:
    from fletching_flyte.fetching import listed

    for number in range(105):
        remote.register(add, version=f"w{number}", image="x:2", copy="none")
    versions = [each.id.version for each in listed(remote.client, "task", "flytesnacks", "development", add.name)]
    assert len(versions) == len(set(versions)) == 107
    assert versions[0] == "w104"


def test_pages_of_the_console(remote: FlyteRemote) -> None:
    base = f"http://{remote.config.platform.endpoint}/console/projects/flytesnacks/domains/development"
    known = remote.fetch_task(name=add.name)
    assert remote.generate_console_url(known) == f"{base}/tasks/{add.name}/version/v2"
    plan = remote.fetch_launch_plan(name="plan_of_fetch")
    assert remote.generate_console_url(plan) == f"{base}/launch_plans/plan_of_fetch/version/v1"
