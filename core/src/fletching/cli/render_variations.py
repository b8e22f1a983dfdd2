"""Everything that a field can come from, each as a way to serialize without it.

Where a field came from is not looked up in a list: each source is left out in turn, or changed, and the fields that are
others then are the ones that come from it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import FunctionType
from typing import TYPE_CHECKING, Any

from fletching.cli.render_brought import of_classes, of_hooks, of_stuck
from fletching.cli.render_making import state_without
from fletching.cli.render_origin import (
    CALL,
    GIVEN,
    NAME,
    RETURN,
    SIGNATURE,
    TEXT,
    Origin,
    Variation,
    attributes,
    changed,
    kind_of,
)
from fletching.cli.render_said import of_configs, of_options, of_overrides
from fletching.cli.render_settings import FLAGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fletching.cli.render_making import Recipe
    from fletching.cli.render_settings import Chosen
    from fletching.executable import Executable
    from fletching.graph.node import Node

__all__ = ["variations"]


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
    yield from of_options(recipes)
    yield from of_configs(recipes, entities, nodes)
    yield from of_overrides(nodes)
    yield from of_hooks(recipes)
    yield from _of_settings(chosen)
    yield from _of_functions(recipes, entities)
    yield from of_classes(entities)
    yield from _of_calls(entities, nodes)
    yield from of_stuck(recipes, entities)


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
        those = [recipe for recipe in recipes if kind_of(recipe.entity) == kind and recipe.function is not None]
        yield from changed(
            Origin(kind=kind, name="docstring", rank=TEXT), [recipe.with_function(_undocumented) for recipe in those]
        )
        yield from changed(
            Origin(kind=kind, name="name", rank=NAME),
            [recipe.with_function(_renamed) for recipe in those],
        )
        same = [each for each in entities if kind_of(each) == kind]
        places = [
            state_without(each, _instantiated_in=f"{each.instantiated_in}_", _lhs=f"{each._lhs}_") for each in same
        ]
        yield from changed(Origin(kind=kind, name="variable", rank=NAME), places)
        bare = [state_without(each, _python_interface=Interface()) for each in same]
        # The inputs of a launch plan are those of its workflow.
        whose = "workflow" if kind == "launch plan" else kind
        yield from changed(Origin(kind=whose, name="signature", rank=SIGNATURE), bare)


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


# What a workflow's body does


def _of_calls(entities: list[Executable], nodes: list[Node]) -> Iterator[Variation]:
    from fletching.workflows import WorkflowBase

    given = Origin(kind="workflow", name="call", rank=GIVEN)
    yield Variation(origin=given, apply=partial(attributes, [(node, "bindings", {}) for node in nodes]))
    graphs = [each.graph for each in entities if isinstance(each, WorkflowBase)]
    outputs: list[tuple[Any, str, Any]] = [(graph, "outputs", {}) for graph in graphs]
    returned = Origin(kind="workflow", name="return", rank=RETURN)
    yield Variation(origin=returned, apply=partial(attributes, outputs))
    call = Origin(kind="workflow", name="call", rank=CALL)
    yield Variation(origin=call, apply=partial(attributes, [*outputs, *((graph, "nodes", ()) for graph in graphs)]))
