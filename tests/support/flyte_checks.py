"""What a backend for tests refuses: identifiers, interfaces, graphs and inputs that do not hold together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import SimpleType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["RefusedError", "check_inputs", "check_interface", "check_workflow", "fits"]


class RefusedError(Exception):
    """The request makes no sense."""


def need(condition: object, message: str) -> None:
    if not condition:
        raise RefusedError(message)


def check_interface(interface: Any, what: str) -> None:
    for side in (interface.inputs, interface.outputs):
        for name, variable in side.variables.items():
            need(name.isidentifier(), f"{what}: {name!r} is no name")
            need(variable.type.WhichOneof("type"), f"{what}: {name!r} has no type")


def check_inputs(expected: Any, given: Any, what: str) -> None:
    """Check literals against a map of parameters or variables."""
    known = getattr(expected, "parameters", None)
    required = {}
    if known is None:
        known = required = expected.variables
        types = {name: variable.type for name, variable in known.items()}
    else:
        types = {name: parameter.var.type for name, parameter in known.items()}
        required = {name: each for name, each in known.items() if each.required}
    for name, literal in given.literals.items():
        need(name in types, f"{what}: unknown input {name!r}")
        need(fits(literal, types[name]), f"{what}: input {name!r} does not fit its type: {literal}")
    for name in required:
        need(name in given.literals, f"{what}: missing input {name!r}")


def fits(literal: Any, kind: Any) -> bool:
    """Tell whether a literal is one of a type."""
    if literal.HasField("offloaded_metadata"):
        return True
    form, value = kind.WhichOneof("type"), literal.WhichOneof("value")
    if form == "collection_type":
        return value == "collection" and all(fits(each, kind.collection_type) for each in literal.collection.literals)
    if form == "map_value_type":
        return value == "map" and all(fits(each, kind.map_value_type) for each in literal.map.literals.values())
    if value != "scalar":
        return False
    scalar = literal.scalar
    which = scalar.WhichOneof("value")
    if form == "union_type":
        if which == "union":
            return fits(scalar.union.value, scalar.union.type)
        return any(fits(literal, each) for each in kind.union_type.variants)
    if form == "simple":
        primitives = {
            SimpleType.INTEGER: "integer",
            SimpleType.FLOAT: "float_value",
            SimpleType.STRING: "string_value",
            SimpleType.BOOLEAN: "boolean",
            SimpleType.DATETIME: "datetime",
            SimpleType.DURATION: "duration",
        }
        if kind.simple in primitives:
            return bool(which == "primitive" and scalar.primitive.WhichOneof("value") == primitives[kind.simple])
        if kind.simple == SimpleType.NONE:
            return bool(which == "none_type")
        return which in ("generic", "binary")
    if form == "enum_type":
        return bool(which == "primitive" and scalar.primitive.string_value in kind.enum_type.values)
    wanted = {"blob": "blob", "schema": "schema", "structured_dataset_type": "structured_dataset"}
    return bool(which == wanted.get(str(form), which))


def assignable(source: Any, target: Any) -> bool:
    """Tell whether values of one type may go where another is asked for, as far as types alone say."""
    if source.WhichOneof("type") == "union_type":
        return all(assignable(each, target) for each in source.union_type.variants)
    if target.WhichOneof("type") == "union_type":
        return any(assignable(source, each) for each in target.union_type.variants)
    one, other = source.WhichOneof("type"), target.WhichOneof("type")
    if one != other:
        return {one, other} <= {"enum_type", "simple"} or {one, other} <= {"schema", "structured_dataset_type"}
    if one == "collection_type":
        return assignable(source.collection_type, target.collection_type)
    if one == "map_value_type":
        return assignable(source.map_value_type, target.map_value_type)
    return bool(one != "simple" or source.simple == target.simple or target.simple == SimpleType.NONE)


def check_workflow(template: Any, subs: dict[str, Any], find: Callable[[str, Any], Any]) -> None:
    """Check a graph: targets exist, promises point at outputs that fit, nothing waits for itself."""
    what = f"workflow {template.id.name!r}"
    check_interface(template.interface, what)
    ids = [node.id for node in template.nodes]
    need(len(set(ids)) == len(ids), f"{what}: two nodes of one id in {ids}")
    interfaces = {node.id: outputs_of(node, subs, find) for node in template.nodes}
    for node in _all_nodes(template):
        interface = _interface(node, subs, find)
        for binding in node.inputs:
            place = f"{what}, node {node.id!r}, input {binding.var!r}"
            known = None if interface is None else interface.inputs.variables
            wanted = known[binding.var].type if known is not None and binding.var in known else None
            _check_binding(place, binding.binding, template, interfaces, wanted)
        if interface is not None:
            bound = {binding.var for binding in node.inputs}
            need(bound <= set(interface.inputs.variables), f"{what}: node {node.id!r} binds unknown inputs: {bound}")
            if node.WhichOneof("target") == "task_node":
                missing = set(interface.inputs.variables) - bound
                need(not missing, f"{what}: node {node.id!r} leaves inputs out: {missing}")
    for binding in template.outputs:
        need(binding.var in template.interface.outputs.variables, f"{what}: no output {binding.var!r}")
        wanted = template.interface.outputs.variables[binding.var].type
        _check_binding(f"{what}, output {binding.var!r}", binding.binding, template, interfaces, wanted)
    need(
        {b.var for b in template.outputs} == set(template.interface.outputs.variables), f"{what}: outputs are left out"
    )
    _check_order(what, template)


def _all_nodes(template: Any) -> Iterator[Any]:
    for node in template.nodes:
        yield node
        if node.WhichOneof("target") == "branch_node":
            block = node.branch_node.if_else
            for case in (block.case, *block.other):
                yield case.then_node
            if block.HasField("else_node"):
                yield block.else_node


def _interface(node: Any, subs: dict[str, Any], find: Callable[[str, Any], Any]) -> Any:
    target = node.WhichOneof("target")
    need(target, f"node {node.id!r} has no target")
    if target == "task_node":
        return find("task", node.task_node.reference_id)
    if target == "workflow_node":
        which = node.workflow_node.WhichOneof("reference")
        reference = getattr(node.workflow_node, which)
        if which == "sub_workflow_ref":
            need(reference.name in subs, f"node {node.id!r}: workflow {reference.name!r} is not among the spec's")
            return subs[reference.name].interface
        return find("launch_plan", reference)
    return None


def outputs_of(node: Any, subs: dict[str, Any], find: Callable[[str, Any], Any]) -> Any:
    """Return the variables that a node gives, or None if its kind does not say."""
    interface = _interface(node, subs, find)
    return None if interface is None else interface.outputs.variables


def _check_binding(what: str, data: Any, template: Any, interfaces: dict[str, Any], wanted: Any) -> None:
    form = data.WhichOneof("value")
    need(form, f"{what}: bound to nothing")
    if form == "collection":
        inner = wanted.collection_type if wanted is not None and wanted.HasField("collection_type") else None
        for each in data.collection.bindings:
            _check_binding(what, each, template, interfaces, inner)
    elif form == "map":
        inner = wanted.map_value_type if wanted is not None and wanted.HasField("map_value_type") else None
        for each in data.map.bindings.values():
            _check_binding(what, each, template, interfaces, inner)
    elif form == "scalar":
        need(
            wanted is None or fits(Literal(scalar=data.scalar), wanted), f"{what}: {data.scalar} does not fit its type"
        )
    elif form == "promise":
        promise = data.promise
        known = template.interface.inputs.variables
        if promise.node_id not in ("", "start-node"):
            need(promise.node_id in interfaces, f"{what}: there is no node {promise.node_id!r}")
            known = interfaces[promise.node_id]
        need(
            known is None or promise.var in known,
            f"{what}: {promise.node_id or 'the start'!r} gives no {promise.var!r}",
        )
        if known is not None and wanted is not None and not promise.attr_path:
            given = known[promise.var].type
            need(assignable(given, wanted), f"{what}: what node {promise.node_id!r} gives does not fit: {given}")


def _check_order(what: str, template: Any) -> None:
    needs = {node.id: set(node.upstream_node_ids) - {"start-node"} for node in template.nodes}
    while needs:
        free = [node for node, of in needs.items() if not of & needs.keys()]
        need(free, f"{what}: nodes wait for each other: {sorted(needs)}")
        for node in free:
            del needs[node]
