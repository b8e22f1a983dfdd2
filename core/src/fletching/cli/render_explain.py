"""``fletch render --explain``: where each field came from, found by serializing without each source in turn."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any

import click

from fletching.cli.render_brought import UNKNOWN, provider
from fletching.cli.render_entities import registered
from fletching.cli.render_fields import MISSING, changes, leaves
from fletching.cli.render_making import Recipe, settle
from fletching.cli.render_origin import RETURN, Origin, kind_of
from fletching.cli.render_parts import KINDS, chosen_entities, kept_entries
from fletching.cli.render_text import message_data, to_json, to_yaml
from fletching.cli.render_variations import variations
from fletching.cli.render_wire import is_wire

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from fletching.cli.render_parts import Where
    from fletching.cli.render_settings import Chosen
    from fletching.executable import Executable
    from fletching.graph.graph import Graph
    from fletching.graph.node import Node
    from fletching.idl.serialize import SerializedEntity
    from fletching.settings import SerializationSettings

__all__ = ["Explained", "Field", "explained"]

DEFAULT = Origin(kind="default")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a message."""

    path: str
    value: Any
    origins: tuple[Origin, ...]
    """Where it came from; several if it depends on each of them."""


@dataclass(frozen=True, kw_only=True)
class Explained:
    """The fields of what is registered for one entity."""

    kind: str
    name: str
    fields: tuple[Field, ...]
    data: dict[str, Any]
    """The whole message, as the JSON of protobuf."""


def explained(where: Where, chosen: Chosen, form: str | None, out: IO[str]) -> str:
    """Return where each field came from, as a table that fits where it is written to, or as JSON or YAML."""
    if form == "text":
        raise click.UsageError("--explain is no proto text; leave --format out, or give json or yaml")
    source = where.split[0]
    if not where.modules and is_wire(source):
        raise click.UsageError(f"{source!r} doesn't say where its fields came from; --explain asks the code")
    found = explain(where, chosen)
    if form is None:
        from fletching.cli.render_table import table

        return table(found, out)
    data = [_data(each) for each in found]
    return to_json(data) if form == "json" else to_yaml(data)


def _data(one: Explained) -> dict[str, Any]:
    fields = [
        {
            "path": field.path,
            "value": field.value,
            "from": [
                {"kind": origin.kind, **({"name": origin.name} if origin.name else {})} for origin in field.origins
            ],
        }
        for field in one.fields
    ]
    return {"kind": one.kind, "name": one.name, "fields": fields}


def explain(where: Where, chosen: Chosen) -> list[Explained]:
    """Return where each field of what is named came from."""
    from fletching.made import noting

    # How everything was made is only noted from now on: what is named must not have been imported before.
    with noting() as notes:
        entities, everything = chosen_entities(where)
        base = registered(entities, chosen.settings)
    wanted = {id(each) for each in kept_entries(base, entities, where, everything)}
    reached = list(_reached(base))
    settle(reached)
    nodes = [node for entity in reached for node in _nodes(getattr(entity, "graph", None))]
    recipes = [Recipe(notes[id(entity)]) for entity in reached if id(entity) in notes]
    keys = Keys(base, registered(entities, chosen.settings))
    whole = dict(zip(keys.of(base), base, strict=True))
    told: dict[Hashable, dict[str, list[Origin]]] = {key: {} for key in whole}
    data = {key: message_data(each.message) for key, each in whole.items()}
    for variation in variations(chosen, recipes, reached, nodes):
        try:
            with variation.apply(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # each was told when it was made as it is
                others = _varied(entities, variation.settings or chosen.settings, keys)
        except Exception:  # noqa: BLE001, S112 - a class may not let go of what it has
            continue
        for key, other in others:
            if key in whole and other.message != whole[key].message:
                for change in changes(data[key], message_data(other.message)):
                    if change.old is not MISSING:
                        for path, _ in leaves(change.old, change.path):
                            told[key].setdefault(path, []).append(variation.origin)
    makers = [provider(type(each), ".get_as_workflow") for each in reached if hasattr(each, "get_as_workflow")]
    known = {id(recipe.entity): recipe.stuck for recipe in recipes if recipe.works()}
    stuck = {id(each): known.get(id(each), [UNKNOWN]) for each in reached if kind_of(each) != "task"}
    fields = {
        key: {
            path: Field(
                path=path,
                value=value,
                origins=_origins(told[key].get(path, []), value)
                or _rest(each, stuck, makers[:1] if keys.is_made(each) else []),
            )
            for path, value in leaves(data[key])
        }
        for key, each in whole.items()
    }
    workflows = {each.name: fields[key] for key, each in whole.items() if each.kind == "workflow"}
    return [
        Explained(
            kind=KINDS[each.kind],
            name=each.name,
            data=data[key],
            fields=tuple(_of_its_own(field, workflows) for field in fields[key].values()),
        )
        for key, each in whole.items()
        if id(each) in wanted
    ]


def _varied(
    entities: list[Executable], settings: SerializationSettings, keys: Keys
) -> list[tuple[Hashable, SerializedEntity]]:
    """Return what can be serialized now, by its keys: a task without inputs can be, its workflow perhaps can not."""
    try:
        made = registered(entities, settings)
        return list(zip(keys.of(made), made, strict=True))
    except Exception:  # noqa: BLE001 - then each is tried by itself
        found: dict[Hashable, SerializedEntity] = {}
        for entity in entities:
            try:
                made = registered([entity], settings)
            except Exception:  # noqa: BLE001, S112 - it says nothing about a single field of this one
                continue
            found.update(zip(keys.of(made), made, strict=True))
        return [(key, each) for key, each in found.items() if not keys.is_made(each)]


def _of_its_own(field: Field, workflows: dict[str, dict[str, Field]]) -> Field:
    """Return a field of a workflow that is called with the origins that it has where the workflow is registered."""
    inside, bracket, rest = field.path.partition("].")
    head, _, name = inside.partition("[")
    same = workflows.get(name, {}).get(f"template.{rest}") if head == "subWorkflows" and bracket else None
    return field if same is None else replace(field, origins=same.origins)


def _origins(told: list[Origin], value: Any) -> tuple[Origin, ...]:
    """Return the most particular of the sources that a field depends on."""
    first = min((origin.rank for origin in told), default=None)
    if first is not None and not (value == {} and first >= RETURN):  # a call that says nothing is no source
        return tuple(dict.fromkeys(origin for origin in told if origin.rank == first))
    return ()


def _rest(entry: SerializedEntity, stuck: dict[int, list[str]], makers: list[Origin]) -> tuple[Origin, ...]:
    """Return where a field comes from that depends on nothing: the default, or what makes the whole entity."""
    options = stuck.get(id(entry.entity))
    if options:
        return (Origin(kind="default", name=f"or {' or '.join(options)}"),)
    return tuple(makers) or (DEFAULT,)


class Keys:
    """Tells which entries of two serializations are of the same entity, also if it has another name in each."""

    def __init__(self, one: Iterable[SerializedEntity], other: Iterable[SerializedEntity]) -> None:
        self._lasting = {id(each.entity) for each in one} & {id(each.entity) for each in other}

    def of(self, entries: Iterable[SerializedEntity]) -> list[Hashable]:
        """Return a key for each; what is made anew each time, such as a workflow's own plan, is known by its place."""
        found: list[Hashable] = []
        made: dict[int, int] = {}
        for each in entries:
            workflow = getattr(each.entity, "workflow", None)
            if id(each.entity) in self._lasting:
                found.append(id(each.entity))
            elif workflow is not None:
                found.append(("plan", made.get(id(workflow), id(workflow))))
            else:
                made[id(each.entity)] = len(made)
                found.append(("made", len(made)))
        return found

    def is_made(self, entry: SerializedEntity) -> bool:
        """Whether an entity is made anew each time, as the workflow that starts an eager task is."""
        return id(entry.entity) not in self._lasting and entry.kind != "launch_plan"


def _reached(entries: Iterable[SerializedEntity]) -> Iterator[Executable]:
    """Tell everything that is serialized, and what is called by it without being registered: the target of a map."""
    from fletching.executable import Executable

    seen: set[int] = set()
    waiting: list[Any] = [each.entity for each in entries]
    while waiting:
        entity = waiting.pop(0)
        if not isinstance(entity, Executable) or id(entity) in seen:
            continue
        seen.add(id(entity))
        yield entity
        waiting += [getattr(entity, name, None) for name in ("target", "workflow")]
        waiting += [node.entity for node in _nodes(getattr(entity, "graph", None))]


def _nodes(graph: Graph | None) -> Iterator[Node]:
    """Tell the calls of a graph, and those in the branches of its choices."""
    from fletching.graph.conditional import Conditional

    for node in graph.nodes if graph is not None else ():
        yield node
        if isinstance(node.entity, Conditional):
            for branch in node.entity.branches:
                yield from _nodes(branch.graph)
