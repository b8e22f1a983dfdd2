"""Registering: what is called before what calls it, several at a time, and as often as one likes."""

from __future__ import annotations

import queue
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fletching.errors import add_note
from fletching_flyte.differences import content_of, differences
from fletching_flyte.naming import describe, key_of, where
from fletching_flyte.problems import (
    BackendError,
    FlyteEntityAlreadyExistsException,
    FlyteEntityNotExistException,
    FlyteInvalidInputException,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flyteidl.core.identifier_pb2 import Identifier

    from fletching.extend import Serialized, SerializedEntity
    from fletching_flyte.client import FlyteClient

__all__ = ["Registered", "activate_launch_plan", "register_all", "with_place_hint"]

PARALLEL = 16
"""How many requests are under way at the same time."""

CALLS = {
    "task": ("CreateTask", "GetTask"),
    "workflow": ("CreateWorkflow", "GetWorkflow"),
    "launch_plan": ("CreateLaunchPlan", "GetLaunchPlan"),
}


SAME, OTHER = "identical structure", "different structure"
"""What a backend says of something that exists: it compares digests, and knows better than we."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One entity that a backend has now."""

    kind: str
    """``task``, ``workflow`` or ``launch_plan``."""
    name: str
    version: str
    created: bool
    """False if it was there already, with the same content."""


def register_all(
    client: FlyteClient,
    serialized: Serialized,
    *,
    activate: Callable[[SerializedEntity], bool] | None = None,
    on_done: Callable[[Registered], None] | None = None,
    parallel: int = PARALLEL,
) -> tuple[Registered, ...]:
    """Have a backend know entities; those that it knows are left as they are.

    An entity is sent when all that it calls are there. The first failure ends it: nothing new is sent, and doing it
    again goes on from what is there.

    Args:
        client: the backend.
        serialized: what `fletching.extend.serialize` gave.
        activate: whether a launch plan becomes the active one of its name.
        on_done: called with each, on the thread of the caller.
        parallel: how many requests are under way at the same time.

    Raises:
        FlyteEntityAlreadyExistsException: the name and version belong to something else.
        BackendError: another reason why the backend does not have it.
    """
    entries = {key_of(entry.id): entry for entry in serialized.entities}
    waiting = {key: {key_of(each) for each in _uses(entry)} & entries.keys() - {key} for key, entry in entries.items()}
    users: dict[Any, list[Any]] = {}
    for key, needs in waiting.items():
        for need in needs:
            users.setdefault(need, []).append(key)
    landed: queue.SimpleQueue[tuple[Any, Future[Registered]]] = queue.SimpleQueue()
    done: dict[Any, Registered] = {}
    problem: BaseException | None = None
    with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="fletching-register") as pool:
        under_way: dict[Any, Future[Registered]] = {}

        def begin(key: Any) -> None:
            entry = entries[key]
            wanted = activate is not None and entry.kind == "launch_plan" and activate(entry)
            future = under_way[key] = pool.submit(_register, client, entry, activate=wanted)
            future.add_done_callback(lambda future: landed.put((key, future)))

        for key in [key for key, needs in waiting.items() if not needs]:
            begin(key)
        try:
            while under_way:
                key, future = landed.get()
                del under_way[key]
                if future.cancelled():
                    continue
                error = future.exception()
                if error is not None:
                    if problem is None:
                        problem = error
                        for other in under_way.values():
                            other.cancel()
                    continue
                done[key] = future.result()
                if on_done is not None:
                    on_done(done[key])
                for user in users.get(key, ()):
                    waiting[user].discard(key)
                    if not waiting[user] and problem is None:
                        begin(user)
        except BaseException:
            for other in under_way.values():
                other.cancel()
            raise
    if problem is not None:
        add_note(problem, f"{len(done)} of {len(entries)} are registered; doing it again goes on from there")
        raise problem
    return tuple(done[key] for key in entries)


def _register(client: FlyteClient, entry: SerializedEntity, *, activate: bool) -> Registered:
    created = _create(client, entry)
    if activate:
        activate_launch_plan(client, entry.id)
    return Registered(kind=entry.kind, name=entry.name, version=entry.id.version, created=created)


def _create(client: FlyteClient, entry: SerializedEntity) -> bool:
    """Have it, and tell whether it is new."""
    method, _ = CALLS[entry.kind]
    what = describe(entry.kind, entry.name, entry.id.version)
    try:
        client.admin(method, _request(entry), doing=f"register {what}")
    except (FlyteEntityAlreadyExistsException, FlyteInvalidInputException) as error:
        if isinstance(error, FlyteEntityAlreadyExistsException) and SAME in str(error):
            return False
        there = _existing(client, entry)
        if there is None:
            raise with_place_hint(client, entry.id.project, entry.id.domain, error) from error
        found = differences(
            content_of(entry.kind, entry.message, registered=False), content_of(entry.kind, there, registered=True)
        )
        if not found and OTHER not in str(error):
            return False
        raise FlyteEntityAlreadyExistsException(
            f"{what} is registered in {where(entry.id.project, entry.id.domain)} and differs; a version never "
            f"changes, so register another one: {'; '.join(found) or error}"
        ) from error
    except FlyteEntityNotExistException as error:
        raise with_place_hint(client, entry.id.project, entry.id.domain, error) from error
    return True


def with_place_hint(client: FlyteClient, project: str, domain: str, error: BackendError) -> BackendError:
    """Return the error, with what is wrong with the project and the domain, if something is."""
    from fletching_flyte.fetching import place_hint

    hint = place_hint(client, project, domain)
    return type(error)(f"{error}; {hint}") if hint else error


def _existing(client: FlyteClient, entry: SerializedEntity) -> Any:
    from flyteidl.admin.common_pb2 import ObjectGetRequest

    what = describe(entry.kind, entry.name, entry.id.version)
    try:
        return client.admin(CALLS[entry.kind][1], ObjectGetRequest(id=entry.id), doing=f"fetch {what}")
    except FlyteEntityNotExistException:
        return None


def activate_launch_plan(client: FlyteClient, identifier: Identifier) -> None:
    """Make a launch plan the active one of its name."""
    from flyteidl.admin import launch_plan_pb2

    request = launch_plan_pb2.LaunchPlanUpdateRequest(id=identifier, state=launch_plan_pb2.ACTIVE)
    what = describe("launch plan", identifier.name, identifier.version)
    client.admin("UpdateLaunchPlan", request, doing=f"activate {what}")


def _request(entry: SerializedEntity) -> Any:
    from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2

    if entry.kind == "task":
        return task_pb2.TaskCreateRequest(id=entry.id, spec=entry.message)
    if entry.kind == "workflow":
        return workflow_pb2.WorkflowCreateRequest(id=entry.id, spec=entry.message)
    return launch_plan_pb2.LaunchPlanCreateRequest(id=entry.id, spec=entry.message.spec)


def _uses(entry: SerializedEntity) -> Iterator[Identifier]:
    """Tell the identifiers of what has to be there first."""
    if entry.kind == "launch_plan":
        yield entry.message.spec.workflow_id
    elif entry.kind == "workflow":
        for template in (entry.message.template, *entry.message.sub_workflows):
            for node in template.nodes:
                yield from _node_uses(node)
            if template.HasField("failure_node"):
                yield from _node_uses(template.failure_node)


def _node_uses(node: Any) -> Iterator[Identifier]:
    target = node.WhichOneof("target")
    if target == "task_node":
        yield node.task_node.reference_id
    elif target == "workflow_node":
        yield getattr(node.workflow_node, node.workflow_node.WhichOneof("reference"))
    elif target == "array_node":
        yield from _node_uses(node.array_node.node)
    elif target == "branch_node":
        block = node.branch_node.if_else
        for case in (block.case, *block.other):
            yield from _node_uses(case.then_node)
        if block.HasField("else_node"):
            yield from _node_uses(block.else_node)
