"""Registering: once is enough, twice is fine, and what broke off goes on."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fletching import LaunchPlan, conditional, reference_task, task, workflow
from fletching.errors import ConfigError, DriftError
from fletching.extend import SerializationSettings, serialize
from fletching_flyte import (
    BackendError,
    Config,
    FlyteEntityAlreadyExistsException,
    FlyteInvalidInputException,
    FlyteRemote,
    FlyteSystemUnavailableException,
)
from flyte_server import Call, Fault, FlyteServer


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def double(a: int) -> int:
    return 2 * a


@workflow
def inner(a: int) -> int:
    return double(a=add(a=a))


@workflow
def flow(a: int = 3) -> int:
    chosen = conditional("size").if_(a > 3).then(add(a=a)).else_().then(double(a=a))
    return inner(a=chosen)


plan = LaunchPlan("plan", flow, {"a": 5})
planned = LaunchPlan("planned", flow, fixed_inputs={"a": 5}, auto_activate=True)

ALL = {
    "task": {(f"{__name__}.add", "v1"), (f"{__name__}.double", "v1")},
    "workflow": {(f"{__name__}.inner", "v1"), (f"{__name__}.flow", "v1")},
    "launch_plan": {(f"{__name__}.inner", "v1"), (f"{__name__}.flow", "v1"), ("plan", "v1"), ("planned", "v1")},
}


def register(remote: FlyteRemote, **options: object) -> object:
    options = {"version": "v1", "image": "x:1", "copy": "none", **options}
    return remote.register(plan, planned, **options)  # type: ignore[arg-type]


def test_everything_that_is_called_is_registered_in_order(remote: FlyteRemote, server: FlyteServer) -> None:
    done: list[str] = []
    made = register(remote, on_done=lambda each: done.append(f"{each.kind} {each.name.rpartition('.')[2]}"))
    assert server.registered == ALL
    assert all(each.created for each in made.registered)  # type: ignore[attr-defined]
    assert done.index("task add") < done.index("workflow inner") < done.index("workflow flow")
    assert done.index("workflow flow") < done.index("launch_plan plan")
    assert remote.fetch_launch_plan(name="planned").is_active
    assert not remote.fetch_launch_plan(name="plan", version="v1").is_active


@pytest.mark.parametrize("tells", [True, False])
def test_twice_is_once(tells: bool, remote: FlyteRemote, server: FlyteServer) -> None:
    server.admin.tells_what_is_identical = tells
    register(remote)
    made = register(remote)
    assert server.calls["GetTask"] == (0 if tells else 2)
    assert not any(each.created for each in made.registered)  # type: ignore[attr-defined]
    assert server.registered == ALL


def test_another_content_of_the_same_version_is_told(remote: FlyteRemote) -> None:
    register(remote)
    with pytest.raises(FlyteEntityAlreadyExistsException) as raised:
        register(remote, image="x:2")
    assert "at version 'v1' is registered in project 'flytesnacks', domain 'development' and differs" in str(
        raised.value
    )
    assert "container.image: 'x:2' here, 'x:1' there" in str(raised.value)
    assert "doing it again goes on from there" in raised.value.__notes__[0]


def test_another_graph_of_the_same_version_is_told(remote: FlyteRemote, server: FlyteServer) -> None:
    @workflow
    def changes(a: int) -> int:
        return add(a=a)

    first = changes
    remote.register(first, version="v1", image="x:1", copy="none")

    @workflow  # type: ignore[no-redef]
    def changes(a: int) -> int:
        return add(a=add(a=a, b=4))

    with pytest.raises(FlyteEntityAlreadyExistsException, match=r"nodes\.n1: .* here, nothing there"):
        remote.register(changes, version="v1", image="x:1", copy="none")


def test_it_goes_on_after_a_break_at_every_call(remote: FlyteRemote, server: FlyteServer) -> None:
    """A connection is cut, before a call has its effect or after, and nobody tries again: then again from there."""
    impatient = FlyteRemote(remote.config.with_platform(rpc_retries=0), "flytesnacks", "development")
    for after in (False, True):
        index, broken = 0, True
        while broken:
            version = f"v{index}-{after}"  # its own: what an earlier round sent and left may still come in
            numbers = itertools.count()

            def fault(
                call: Call, *, at: int = index, after: bool = after, of: str = version, numbers: Iterator[int] = numbers
            ) -> Fault | None:
                return Fault(cut=True, after=after) if call.request.id.version == of and next(numbers) == at else None

            with server.faults(fault):
                try:
                    register(impatient, version=version)
                    broken = False
                except FlyteSystemUnavailableException:
                    index += 1
                register(remote, version=version)
            there = {kind: {name for name, of in found if of == version} for kind, found in server.registered.items()}
            assert there == {kind: {name for name, _ in names} for kind, names in ALL.items()}, version
        assert index >= 8
    impatient.close()


FAULTS = st.lists(
    st.sampled_from(
        [
            None,
            None,
            Fault(code="UNAVAILABLE"),
            Fault(code="UNAVAILABLE", after=True),
            Fault(code="DEADLINE_EXCEEDED", after=True),
            Fault(code="RESOURCE_EXHAUSTED"),
            Fault(code="ABORTED"),
            Fault(code="INTERNAL"),
            Fault(code="ALREADY_EXISTS"),
            Fault(code="NOT_FOUND"),
            Fault(cut=True),
            Fault(cut=True, after=True),
        ]
    ),
    max_size=25,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=FAULTS, retries=st.sampled_from([0, 1, 5]))
def test_whatever_goes_wrong_the_end_is_the_same(faults: list[Fault | None], retries: int, server: FlyteServer) -> None:
    for kind in server.admin.entities.values():
        kind.clear()
    waiting = iter(faults)
    config = Config.for_endpoint(server.endpoint, insecure=True, rpc_pause=0, rpc_retries=retries)

    def attempt() -> None:
        with FlyteRemote(config, "flytesnacks", "development") as remote:
            register(remote)

    with server.faults(lambda call: next(waiting, None)):
        for _ in range(len(faults) + 1):  # at least one call of each arrives, and takes a fault with it
            try:
                attempt()
                break
            except BackendError:
                assert all(names <= ALL[kind] for kind, names in server.registered.items())
        else:
            attempt()
        assert server.registered == ALL
        attempt()
        assert server.registered == ALL


def test_the_version_is_that_of_the_content(remote: FlyteRemote, tmp_path: Path) -> None:
    one = remote.register(plan, image="x:1", copy="none", dry_run=True)
    again = remote.register(plan, image="x:1", copy="none", dry_run=True)
    other = remote.register(plan, image="x:2", copy="none", dry_run=True)
    code = remote.register(plan, image="x:1", dry_run=True, source_root=str(Path(__file__).parent))
    assert one.version == again.version
    assert len({one.version, other.version, code.version}) == 3


def test_a_dry_run_sends_nothing(remote: FlyteRemote, server: FlyteServer) -> None:
    made = remote.register(plan, image="x:1", dry_run=True, source_root=str(Path(__file__).parent))
    assert not server.calls
    assert made.bundle is not None
    assert Path(__file__).name in made.bundle.files
    assert {each.name for each in made.serialized.entities} >= {"plan", flow.name, add.name}


def test_code_is_sent_once_for_each_content(remote: FlyteRemote, server: FlyteServer) -> None:
    server.http.refusals = [503, 500]
    remote.register(add, image="x:1", source_root=str(Path(__file__).parent))
    remote.register(add, image="x:1", source_root=str(Path(__file__).parent))
    assert len(set(server.http.taken)) == 1
    args = list(remote.fetch_task(name=add.name).template.container.args)
    at = args[args.index("--additional-distribution") + 1]
    assert Path(at).is_file()
    assert at == str(server.http.file(server.http.taken[0]))
    server.http.refusals = [403]
    with pytest.raises(BackendError, match=r"cannot upload '.*\.tar\.gz' to http://127.0.0.1.*403"):
        remote.register(add, image="x:1", source_root=str(Path(__file__).parent))


def test_the_wrong_place_is_told_with_the_right_ones(remote: FlyteRemote) -> None:
    folder = str(Path(__file__).parent)
    for code in ({"copy": "none"}, {"source_root": folder}):  # the first is told when it is registered
        with pytest.raises(FlyteInvalidInputException) as raised:
            remote.register(add, image="x:1", project="flytesnack", **code)
        assert "there is no project 'flytesnack'; did you mean 'flytesnacks'" in str(raised.value)
    with pytest.raises(FlyteInvalidInputException) as raised:
        remote.register(add, image="x:1", copy="none", domain="dev")
    assert "it has: development, staging, production" in str(raised.value)
    nowhere = FlyteRemote(remote.config)
    with pytest.raises(ConfigError, match="a project and a domain are needed"):
        nowhere.register(add, copy="none")
    with pytest.raises(ConfigError, match="copy is 'some', expected one of auto, all, none"):
        remote.register(add, copy="some")  # type: ignore[arg-type]


def test_a_reference_is_compared_with_what_it_refers_to(remote: FlyteRemote, server: FlyteServer) -> None:
    remote.register(add, version="v1", image="x:1", copy="none")

    @reference_task("flytesnacks", "development", add.name, "v1")
    def good(a: int, b: int) -> int: ...

    @reference_task("flytesnacks", "development", add.name, "v1")
    def drifted(a: str, b: int) -> int: ...

    @workflow
    def uses(a: int) -> int:
        return good(a=a, b=2)

    @workflow
    def misuses(a: str) -> int:
        return drifted(a=a, b=2)

    remote.register(uses, version="v1", image="x:1", copy="none")
    with pytest.raises(DriftError) as raised:
        remote.register(misuses, version="v1", image="x:1", copy="none")
    assert "(a: str, b: int) -> (o0: int)" in str(raised.value)
    assert "(a: int, b: int) -> (o0: int)" in str(raised.value)
    assert (misuses.name, "v1") not in server.registered["workflow"]
    with pytest.raises(DriftError):
        remote.execute(drifted, {"a": "1", "b": 2})


def test_many_at_a_time_each_once(remote: FlyteRemote, server: FlyteServer) -> None:
    def numbered(number: int) -> object:
        def body(a: int) -> int:
            return a

        body.__name__ = body.__qualname__ = f"task_{number}"
        return task(body)

    gate = threading.Barrier(8)

    def together(call: Call) -> None:
        if call.method == "CreateTask":
            gate.wait(60)  # which nobody passes alone

    tasks = [numbered(number) for number in range(64)]
    random.Random(7).shuffle(tasks)
    with server.faults(together):
        remote.register(*tasks, version="v1", image="x:1", copy="none")
    assert len(server.registered["task"]) == 64
    assert server.calls["CreateTask"] == 64


def test_what_is_registered_is_what_was_serialized(remote: FlyteRemote, server: FlyteServer) -> None:
    register(remote)
    made = SerializationSettings.for_image("x:1", "v1", "flytesnacks", "development")
    for entry in serialize([plan, planned], made, default_launch_plans=True).entities:
        kept = server.admin.entities[entry.kind][("flytesnacks", "development", entry.name, "v1")]
        if entry.kind == "task":
            assert kept.closure.compiled_task.template == entry.message.template
        elif entry.kind == "launch_plan":
            assert kept.spec == entry.message.spec


def test_the_call_forms_of_the_flyte_sdk(remote: FlyteRemote, server: FlyteServer) -> None:
    made = SerializationSettings.for_image("x:1", "v1", "flytesnacks", "development")
    assert remote.register_task(add, made).id.version == "v1"
    assert remote.register_workflow(inner, made, version="v2").id.version == "v2"
    assert remote.register_launch_plan(plan, "v3", image="x:1").id.version == "v3"
    assert not server.http.taken
    folder = str(Path(__file__).parent)
    sent = remote.register_script(flow, image_config="x:1", source_path=folder, destination_dir="/code", version="v4")
    assert (sent.id.name, sent.id.version) == (flow.name, "v4")
    args = list(remote.fetch_task(name=add.name, version="v4").template.container.args)
    assert args[args.index("--dest-dir") + 1] == "/code"
    assert remote.fast_register_workflow(inner, "v5", image="x:1", source_root=folder).id.version == "v5"
    assert len(server.http.taken) == 2


def test_code_that_cannot_be_sent(remote: FlyteRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one_place.py").write_text(
        "from fletching import task\n@task\ndef here(a: int) -> int:\n    return a\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    from one_place import here  # type: ignore[import-not-found]

    with pytest.raises(ConfigError, match=r"modules start from several folders: .*one_place\.here.*give source_root"):
        remote.register(here, add, image="x:1")

    @task
    def installed(a: int) -> int:
        return a

    installed._locate("json")
    with pytest.raises(ConfigError, match="comes from no file of a program, so no code can be sent"):
        remote.register(installed, image="x:1")
