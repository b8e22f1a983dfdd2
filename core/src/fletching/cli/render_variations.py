"""Everything that a field can come from, each as a way to serialize without it.

Where a field came from is not looked up in a list: each source is left out in turn, or changed, and the fields that are
others then are the ones that come from it.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any

from fletching.cli.render_making import FUNCTION, State, state_without, states
from fletching.cli.render_settings import FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from fletching.cli.render_making import Recipe
    from fletching.cli.render_settings import Chosen
    from fletching.executable import Executable
    from fletching.graph.node import Node
    from fletching.settings import SerializationSettings

__all__ = ["Origin", "Variation", "variations"]

USER, TEXT, NAME, SIGNATURE, GIVEN, CLASS, RETURN, CALL = range(8)
"""The ranks of origins: a field is said to come from the first that it depends on, the most particular one."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a field came from."""

    kind: str
    """``task``, ``workflow``, ``launch plan``, ``override``, ``settings``, ``plugin`` or ``default``."""
    name: str = ""
    """Which option, override, setting or plugin."""
    rank: int = USER


@dataclass(frozen=True, kw_only=True)
class Variation:
    """One way to serialize without one source."""

    origin: Origin
    apply: Callable[[], AbstractContextManager[Any]] = field(default=nullcontext)
    settings: SerializationSettings | None = None
    """Other settings to serialize with."""


def variations(
    chosen: Chosen, recipes: Iterable[Recipe], entities: Iterable[Executable], nodes: Iterable[Node]
) -> Iterator[Variation]:
    """Tell every source that fields can come from.

    Args:
        chosen: the settings.
        recipes: how entities were made, as far as that is known.
        entities: what is serialized, and what is called by it.
        nodes: every call.
    """
    recipes, entities, nodes = [each for each in recipes if each.works()], list(entities), list(nodes)
    yield from _of_options(recipes)
    yield from _of_configs(entities, nodes)
    yield from _of_overrides(nodes)
    yield from _of_hooks(recipes)
    yield from _of_settings(chosen)
    yield from _of_functions(recipes, entities)
    yield from _of_classes(entities)
    yield from _of_calls(entities, nodes)


def _kind(entity: Executable) -> str:
    return "task" if entity.node_kind not in ("workflow", "launch plan") else entity.node_kind


def _changed(origin: Origin, made: Iterable[State | None]) -> Iterator[Variation]:
    """Tell the variation that gives entities other states; there is none if nobody has another one."""
    kept = [state for state in made if state is not None]
    if kept:
        yield Variation(origin=origin, apply=partial(states, kept))


# What the user said about an entity


def _of_options(recipes: list[Recipe]) -> Iterator[Variation]:
    by_option: dict[tuple[str, str], list[Recipe]] = {}
    for recipe in recipes:
        for option, value in recipe.options.items():
            if option != FUNCTION and not (option == "task_config" and _fields(value)) and not _is_entity(value):
                by_option.setdefault((_kind(recipe.entity), option), []).append(recipe)
    for (kind, option), concerned in by_option.items():
        yield from _changed(
            Origin(kind=kind, name=option),
            [recipe.without(option) for recipe in concerned if not _is_function(recipe, option)],
        )
    for kind in ("task", "workflow", "launch plan"):
        # Only tasks have a part that is set later; the calls of a workflow are looked at one by one.
        if kind == "task":
            made = [recipe.as_made() for recipe in recipes if _kind(recipe.entity) == kind]
            yield from _changed(Origin(kind=kind, name="set after it was made"), made)


def _is_entity(value: Any) -> bool:
    from fletching.executable import Executable

    return isinstance(value, Executable)  # which has a name and options of its own


def _is_function(recipe: Recipe, option: str) -> bool:
    return recipe.options[option] is recipe.function


def _fields(config: Any) -> list[str]:
    """Return the names of a config's fields, or none if it doesn't say."""
    import dataclasses

    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return [each.name for each in dataclasses.fields(config)]
    return list(getattr(type(config), "model_fields", ()))


def _of_configs(entities: list[Executable], nodes: list[Node]) -> Iterator[Variation]:
    overridden = {id(node.entity) for node in nodes if "task_config" in node.overrides.given}
    by_field: dict[tuple[str, str, str], list[State]] = {}
    for entity in entities:
        config = getattr(entity, "task_config", None)
        for name in _fields(config):
            other = _without_field(config, name)
            if other is not None:
                kind = "override" if id(entity) in overridden else "task"
                key = (kind if _is_said(config, name) else "default"), type(config).__qualname__, name
                by_field.setdefault(key, []).append(state_without(entity, _task_config=other))
    for (kind, config_name, name), made in by_field.items():
        yield from _changed(Origin(kind=kind, name=f"task_config={config_name}({name}=…)"), made)


def _is_said(config: Any, name: str) -> bool:
    """Whether a field of a config has another value than it would have by itself."""
    import dataclasses

    described = {each.name: each for each in dataclasses.fields(config)} if dataclasses.is_dataclass(config) else {}
    if name not in described:
        return name in getattr(config, "model_fields_set", (name,))
    default, factory, value = described[name].default, described[name].default_factory, getattr(config, name)
    return bool(value != (factory() if factory is not dataclasses.MISSING else default))


def _without_field(config: Any, name: str) -> Any:
    """Return a copy of a config with another value of one field; None if it has only one."""
    import copy
    import dataclasses

    from fletching.cli.render_making import _others

    value = getattr(config, name)
    candidates = list(_others(value))
    if dataclasses.is_dataclass(config):
        described = next(each for each in dataclasses.fields(config) if each.name == name)
        if described.default is not dataclasses.MISSING:
            candidates.insert(0, described.default)
        elif described.default_factory is not dataclasses.MISSING:
            candidates.insert(0, described.default_factory())
    if value is not None:
        candidates.append(None)
    for other in candidates:
        if other is not value and other != value:
            made = copy.copy(config)
            object.__setattr__(made, name, other)
            return made
    return None


def _of_overrides(nodes: list[Node]) -> Iterator[Variation]:
    by_key: dict[str, list[Node]] = {}
    for node in nodes:
        for key in node.overrides.given:
            by_key.setdefault(key, []).append(node)
    for key, concerned in by_key.items():
        yield Variation(
            origin=Origin(kind="override", name=key),
            apply=partial(_without_override, concerned, key),
        )


@contextmanager
def _without_override(nodes: list[Node], key: str) -> Iterator[None]:
    from fletching.graph.overrides import NO_OVERRIDES, overridden

    if key == "node_name":
        with _attributes([(node, "id", f"{node.id}-") for node in nodes]):
            yield
        return
    changes = []
    for node in nodes:
        rest = {name: value for name, value in node.overrides.given.items() if name != key}
        changes.append(
            (node, "overrides", overridden(NO_OVERRIDES, node.entity, str(node), rest) if rest else NO_OVERRIDES)
        )
    with _attributes(changes):
        yield


@contextmanager
def _attributes(changes: list[tuple[Any, str, Any]]) -> Iterator[None]:
    """Have objects other attributes in a ``with`` block."""
    before = [(thing, name, getattr(thing, name)) for thing, name, _ in changes]
    try:
        for thing, name, value in changes:
            object.__setattr__(thing, name, value)
        yield
    finally:
        for thing, name, value in before:
            object.__setattr__(thing, name, value)


# What touches every task


def _of_hooks(recipes: list[Recipe]) -> Iterator[Variation]:
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
    with _attributes(others), states(recipe.again() for recipe in recipes if _kind(recipe.entity) == "task"):
        yield


# What the command line says


def _of_settings(chosen: Chosen) -> Iterator[Variation]:
    settings = chosen.settings

    def one(name: str, detail: str = "", **changed: Any) -> Variation:
        flag = FLAGS.get(name, name)
        told = f"{flag}{detail}" if name in chosen.given else f"{flag} (not given)"
        return Variation(origin=Origin(kind="settings", name=told), settings=replace(settings, **changed))

    for name in ("project", "domain", "version", "source_root", "git_repo", "python_interpreter"):
        yield one(name, **{name: f"{getattr(settings, name) or ''}~"})
    for key in settings.env or {}:
        yield one(
            "env", f" {key}", env={name: value for name, value in (settings.env or {}).items() if name != key} or None
        )
    if settings.fast_serialization_settings is not None:
        yield one("fast_serialization_settings", fast_serialization_settings=None)
    config = settings.image_config
    if config is not None:
        for image in config.images or ():
            other = replace(image, fqn=f"{image.fqn}~", tag=f"{image.tag or ''}~", digest=None)
            images = [other if each is image else each for each in config.images or ()]
            default = other if image is config.default_image else config.default_image
            detail = "" if image is config.default_image else f" {image.name}=…"
            yield one("image_config", detail, image_config=replace(config, default_image=default, images=images))


# What a function says by itself


def _of_functions(recipes: list[Recipe], entities: list[Executable]) -> Iterator[Variation]:
    from fletching.interface import Interface

    for kind in ("task", "workflow", "launch plan"):
        those = [recipe for recipe in recipes if _kind(recipe.entity) == kind and recipe.function is not None]
        yield from _changed(
            Origin(kind=kind, name="docstring", rank=TEXT), [recipe.with_function(_undocumented) for recipe in those]
        )
        yield from _changed(
            Origin(kind=kind, name="name", rank=NAME),
            [recipe.with_function(_renamed) for recipe in those],
        )
        same = [each for each in entities if _kind(each) == kind]
        places = [
            state_without(each, _instantiated_in=f"{each.instantiated_in}_", _lhs=f"{each._lhs}_") for each in same
        ]
        yield from _changed(Origin(kind=kind, name="variable", rank=NAME), places)
        bare = [state_without(each, _python_interface=Interface()) for each in same]
        # The inputs of a launch plan are those of its workflow.
        whose = "workflow" if kind == "launch plan" else kind
        yield from _changed(Origin(kind=whose, name="signature", rank=SIGNATURE), bare)


def _clone(function: FunctionType) -> FunctionType:
    made = FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__dict__.update(vars(function))
    for name in ("__kwdefaults__", "__annotations__", "__doc__", "__module__", "__qualname__"):
        setattr(made, name, getattr(function, name))
    return made


def _undocumented(function: FunctionType) -> FunctionType:
    made = _clone(function)
    made.__doc__ = None
    return made


def _renamed(function: FunctionType) -> FunctionType:
    made = _clone(function)
    made.__name__, made.__module__ = f"{function.__name__}_", f"{function.__module__}_"
    made.__qualname__ = made.__name__
    return made


# What a task's class does


def _of_classes(entities: list[Executable]) -> Iterator[Variation]:
    from fletching.executable import Executable
    from fletching.python_task import PythonTask

    by_class: dict[type, list[PythonTask[Any]]] = {}
    owners: dict[type, None] = {}
    for entity in entities:
        for owner in type(entity).__mro__:
            if issubclass(owner, Executable) and not _is_core(owner):
                owners[owner] = None
        if isinstance(entity, PythonTask):
            by_class.setdefault(type(entity), []).append(entity)
    for owner in owners:
        for name in _own_answers(owner):
            yield Variation(origin=_provider(owner, name), apply=partial(_without_method, owner, name))
    plain = vars(PythonTask("python-task", "plain"))
    for cls, tasks in by_class.items():
        if not _is_core(cls):
            made = [
                state_without(task, **{key: value for key, value in plain.items() if key not in KEPT}) for task in tasks
            ]
            yield from _changed(_provider(cls, "__init__"), made)


KEPT = ("_name", "_instantiated_in", "_lhs", "_python_interface", "_task_config")
"""What a task is made of whatever its class is."""


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


def _provider(cls: type, method: str) -> Origin:
    """Return the origin of what a class does: the plugin that brings it, or the user's own class."""
    from fletching.plugins import manager

    package = cls.__module__.partition(".")[0]
    snapshot = manager().installed()
    for kind in sorted(snapshot.columns):
        for entry in snapshot.of(kind):
            if entry.value.partition(":")[0].partition(".")[0] == package:
                return Origin(kind="plugin", name=f"{entry.distribution.name}: {cls.__qualname__}.{method}", rank=CLASS)
    return Origin(kind="task", name=f"class {cls.__qualname__}.{method}", rank=CLASS)


# What a workflow's body does


def _of_calls(entities: list[Executable], nodes: list[Node]) -> Iterator[Variation]:
    from fletching.workflows import WorkflowBase

    given = Origin(kind="workflow", name="call", rank=GIVEN)
    yield Variation(origin=given, apply=partial(_attributes, [(node, "bindings", {}) for node in nodes]))
    graphs = [each.graph for each in entities if isinstance(each, WorkflowBase)]
    outputs: list[tuple[Any, str, Any]] = [(graph, "outputs", {}) for graph in graphs]
    returned = Origin(kind="workflow", name="return", rank=RETURN)
    yield Variation(origin=returned, apply=partial(_attributes, outputs))
    call = Origin(kind="workflow", name="call", rank=CALL)
    yield Variation(origin=call, apply=partial(_attributes, [*outputs, *((graph, "nodes", ()) for graph in graphs)]))
