"""What users say about a task, a workflow or a call of one, each as a way to serialize without it."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from fletching.cli.render_making import other_values, state_without
from fletching.cli.render_origin import GIVEN, Origin, Variation, attributes, changed, kind_of
from fletching.errors import FletchingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching.cli.render_making import Recipe, State
    from fletching.executable import Executable
    from fletching.graph.node import Node
    from fletching.graph.overrides import Overrides

__all__ = ["of_configs", "of_options", "of_overrides"]


def of_options(recipes: list[Recipe]) -> Iterator[Variation]:
    """Tell each option that something was made with, and what was set afterwards."""
    by_option: dict[tuple[str, str], list[Recipe]] = {}
    for recipe in recipes:
        for option, value in recipe.options.items():
            config = option == "task_config" and _fields(value)
            if value is not recipe.function and not config:
                by_option.setdefault((kind_of(recipe.entity), option), []).append(recipe)
    for (kind, option), concerned in by_option.items():
        # What a pod template says is one thing; that there is a pod is another, and also what others say is in it.
        emptied = [recipe.bare(option) for recipe in concerned]
        whole = [recipe for recipe, state in zip(concerned, emptied, strict=True) if state is not None]
        yield from changed(Origin(kind=kind, name=option), emptied)
        yield from changed(
            Origin(kind=kind, name=option), [recipe.without(option) for recipe in concerned if recipe not in whole]
        )
        yield from changed(Origin(kind=kind, name=option, rank=GIVEN), [recipe.without(option) for recipe in whole])
    # The calls of a workflow that were added to it are looked at by themselves.
    tasks = [recipe.as_made() for recipe in recipes if kind_of(recipe.entity) == "task"]
    yield from changed(Origin(kind="task", name="set after it was made"), tasks)


def _fields(config: Any) -> list[str]:
    """Return the names of a config's fields, or none if it doesn't say."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return [each.name for each in dataclasses.fields(config)]
    return list(getattr(type(config), "model_fields", ()))


def of_configs(recipes: list[Recipe], entities: list[Executable], nodes: list[Node]) -> Iterator[Variation]:
    """Tell each field of the tasks' configs."""
    made_of = {id(recipe.entity): recipe for recipe in recipes}
    overridden = {id(node.entity) for node in nodes if "task_config" in node.overrides.given}
    by_field: dict[tuple[str, str, str], list[State]] = {}
    for entity in entities:
        config = getattr(entity, "task_config", None)
        for name in _fields(config):
            others = list(_without_field(config, name))
            if others:
                kind = "override" if id(entity) in overridden else "task"
                key = (kind if _is_said(config, name) else "default"), type(config).__qualname__, name
                recipe = made_of.get(id(entity))
                # A class may read its config when a task is made: then the task has to be made again.
                again = recipe.with_value(config, others) if recipe is not None else None
                by_field.setdefault(key, []).append(again or state_without(entity, _task_config=others[0]))
    for (kind, config_name, name), made in by_field.items():
        yield from changed(Origin(kind=kind, name=f"{config_name}({name}=…)"), made)


def _is_said(config: Any, name: str) -> bool:
    """Whether a field of a config has another value than it would have by itself."""
    described = {each.name: each for each in dataclasses.fields(config)} if dataclasses.is_dataclass(config) else {}
    if name not in described:
        return name in getattr(config, "model_fields_set", (name,))
    default, factory, value = described[name].default, described[name].default_factory, getattr(config, name)
    return bool(value != (factory() if factory is not dataclasses.MISSING else default))


def _without_field(config: Any, name: str) -> Iterator[Any]:
    """Tell copies of a config with another value of one field, its default first."""
    import copy

    value = getattr(config, name)
    candidates = list(other_values(value))
    if dataclasses.is_dataclass(config):
        described = next(each for each in dataclasses.fields(config) if each.name == name)
        if described.default is not dataclasses.MISSING:
            candidates.insert(0, described.default)
        elif described.default_factory is not dataclasses.MISSING:
            candidates.insert(0, described.default_factory())
    candidates += [None] if value is not None else ["other"]
    for other in candidates:
        if other is not value and other != value:
            try:
                yield dataclasses.replace(config, **{name: other})
            except Exception:  # noqa: BLE001 - it checks itself, or is no dataclass: a copy is not checked
                made = copy.copy(config)
                object.__setattr__(made, name, other)
                yield made


def of_overrides(nodes: list[Node]) -> Iterator[Variation]:
    """Tell each key of ``with_overrides``."""
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
    if key == "node_name":
        with attributes([(node, "id", f"{node.id}-") for node in nodes]):
            yield
        return
    others = [(node, "overrides", other) for node in nodes if (other := _other_overrides(node, key)) is not None]
    with attributes(others):
        yield


def _other_overrides(node: Node, key: str) -> Overrides | None:
    """Return a node's overrides without a key, or with another value where it has to be there, or None."""
    from fletching.graph.overrides import NO_OVERRIDES, overridden

    given = dict(node.overrides.given)
    rest = {name: value for name, value in given.items() if name != key}
    if not rest:
        return NO_OVERRIDES
    for each in (rest, *({**given, key: other} for other in other_values(given[key]))):
        try:
            return overridden(NO_OVERRIDES, node.entity, str(node), each)
        except FletchingError:
            continue  # the others need it
    return None
