"""What plugins and classes of tasks bring, each as a way to serialize without it."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from fletching.cli.render_making import state_without, states
from fletching.cli.render_origin import CLASS, STUCK, Origin, Variation, attributes, changed, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching.cli.render_making import Recipe, State
    from fletching.executable import Executable
    from fletching.python_task import PythonTask

__all__ = ["UNKNOWN", "of_classes", "of_hooks", "of_stuck", "provider"]


def of_hooks(recipes: list[Recipe]) -> Iterator[Variation]:
    """Tell each plugin whose hooks have a say in metadata or templates; the others' hooks go on without it."""
    from fletching.plugins import manager

    plugins = manager()
    hooks = [each for each in ("fletching_task_metadata", "fletching_task_template") if plugins.has_hooks(each)]
    if not hooks:
        return
    relay = plugins._hooks.ready()
    named: dict[str, Any] = {}
    for hook in hooks:
        for each in getattr(relay.hook, hook).get_hookimpls():
            if each.plugin_name != "fletching":
                named[each.plugin_name] = each.plugin
    for name, plugin in named.items():
        yield Variation(
            origin=Origin(kind="plugin", name=f"{name} (hook)"),
            apply=partial(_without_plugin, relay, hooks, plugin, recipes),
        )


@contextmanager
def _without_plugin(relay: Any, hooks: list[str], plugin: Any, recipes: list[Recipe]) -> Iterator[None]:
    others = [(relay.hook, hook, relay.subset_hook_caller(hook, [plugin])) for hook in hooks]
    with attributes(others), states(recipe.again() for recipe in recipes if kind_of(recipe.entity) == "task"):
        yield


def of_classes(entities: list[Executable]) -> Iterator[Variation]:
    """Tell each answer that a class of tasks gives instead of core's, and what it makes its tasks of."""
    from fletching.executable import Executable
    from fletching.python_task import PythonTask

    by_class: dict[type, list[PythonTask[Any]]] = {}
    owners: dict[type, None] = {}
    for entity in entities:
        for owner in type(entity).__mro__:
            if issubclass(owner, Executable) and not _is_core(owner):
                owners[owner] = None
        if isinstance(entity, PythonTask) and not _is_core(type(entity)):
            by_class.setdefault(type(entity), []).append(entity)
    for owner in owners:
        for name in _own_answers(owner):
            yield Variation(origin=provider(owner, f".{name}"), apply=partial(_without_method, owner, name))
    for cls, tasks in by_class.items():
        yield from changed(provider(cls), map(_plain, tasks))


def of_stuck(recipes: list[Recipe], entities: list[Executable]) -> Iterator[Variation]:
    """Tell the options that cannot be left out or are not known: what depends on nothing else may be of one of them."""
    from fletching.python_task import PythonTask

    stuck = {id(recipe.entity): " or ".join(recipe.stuck) for recipe in recipes}
    for entity in entities:
        name = stuck.get(id(entity), UNKNOWN)
        if name and isinstance(entity, PythonTask):
            yield from changed(Origin(kind="task", name=name, rank=STUCK), [_plain(entity)])


UNKNOWN = "one of its options"
"""The options of what was made before anybody looked, as a module that something else imported already."""


KEPT = ("_name", "_instantiated_in", "_lhs", "_python_interface", "_task_config", "_task_function")
"""What a task is made of whatever its class is."""


def _plain(task: PythonTask[Any]) -> State:
    """Return a task's attributes as core has them where nobody said anything but who it is and what it takes."""
    from fletching.auto_container import PythonAutoContainerTask
    from fletching.function_task import PythonFunctionTask
    from fletching.python_task import PythonTask

    made: PythonTask[Any]
    if isinstance(task, PythonFunctionTask):
        made = PythonFunctionTask(None, _nothing)
    elif isinstance(task, PythonAutoContainerTask):
        made = PythonAutoContainerTask("plain")
    else:
        made = PythonTask("python-task", "plain")
    own = vars(task)
    return state_without(task, **{key: value for key, value in vars(made).items() if key in own and key not in KEPT})


def _nothing() -> None: ...


def _is_core(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "fletching"


def _own_answers(owner: type) -> list[str]:
    """Return the methods by which a class answers otherwise than the classes below it."""
    bases = owner.__mro__[1:]
    return [
        name
        for name in vars(owner)
        if name == "fill_flyte_node"
        or (
            not name.startswith("__")
            and name not in ("execute", "expand")
            and any(name in vars(base) for base in bases)
        )
    ]


@contextmanager
def _without_method(owner: type, name: str) -> Iterator[None]:
    before = vars(owner)[name]
    delattr(owner, name)
    try:
        yield
    finally:
        setattr(owner, name, before)


def provider(cls: type, method: str = "") -> Origin:
    """Return the origin of what a class or a method of it does: the plugin that brings it, or a class of the user."""
    from fletching.plugins import manager

    package = cls.__module__.partition(".")[0]
    snapshot = manager().installed()
    for kind in sorted(snapshot.columns):
        for entry in snapshot.of(kind):
            if entry.value.partition(":")[0].partition(".")[0] == package:
                return Origin(kind="plugin", name=f"{entry.distribution.name}: {cls.__qualname__}{method}", rank=CLASS)
    return Origin(kind="task", name=f"class {cls.__qualname__}{method}", rank=CLASS)
