"""A graph as a picture: indented text, a Mermaid flowchart, or Graphviz' DOT; the same graph, the same text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fletching.graph.bindings import Constant, Entries, Items, Reference
from fletching.graph.conditional import Conditional
from fletching.graph.conditions import Comparison, Conjunction
from fletching.graph.graph import Graph
from fletching.graph.node import InputNode
from fletching.graph.promise import Promise
from fletching.graph.steps import step_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching.graph.bindings import Binding
    from fletching.graph.conditions import Condition
    from fletching.graph.node import Node

__all__ = ["as_dot", "as_mermaid", "as_text"]

MOST = 5000
"""A graph inside a graph is drawn as one box once a picture has so many: workflows in workflows can multiply."""

RESERVED = {"call", "class", "classDef", "click", "default", "end", "flowchart", "graph", "href", "style", "subgraph"}
"""Words that are no ids in Mermaid."""


@dataclass(kw_only=True)
class Scope:
    """The boxes of one graph, or of one branch, and what joins them."""

    top: bool
    boxes: list[Box] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[tuple[str, str, list[str]]] = field(default_factory=list)
    """Name, where it comes from as text, and the boxes that this is."""


@dataclass(kw_only=True)
class Box:
    """One node: where it stands, what people read, and what is inside of it."""

    key: str
    """What tells it from every other box: branches of one choice have the same paths."""
    path: str
    """Where a run has it."""
    name: str
    kind: str
    given: list[tuple[str, str]]
    """Input name and where its value comes from, as text."""
    sources: list[tuple[str, str]] = field(default_factory=list)
    """Key of another box, or an input with a colon in front, and the name of the input that gets it."""
    after: list[tuple[str, str]] = field(default_factory=list)
    """Key and path of what it waits for without getting a value."""
    inner: Scope | None = None
    branches: list[tuple[str, Scope | None, str]] = field(default_factory=list)
    """The condition as text, what runs, and what it fails with instead."""


class Layout:
    """Finds out what is to be drawn."""

    def __init__(self) -> None:
        self._places: dict[int, tuple[str, str]] = {}
        """Key and path of each node."""
        self._count = 0

    def scope(self, graph: Graph, key: str = "", path: str = "") -> Scope:
        """Return the boxes of a graph; ``key`` and ``path`` stand in front of those of its nodes."""
        made = Scope(top=not key, inputs=list(graph.inputs.kinds))
        self._count += len(graph.nodes)
        for node in graph.nodes:
            self._places[id(node)] = key + node.id, path + node.id
        made.boxes = [self._box(node) for node in graph.nodes]
        for name, binding in graph.outputs.items():
            made.outputs.append((name, self.text(binding), list(dict.fromkeys(self._sources(binding)))))
        return made

    def _box(self, node: Node) -> Box:
        entity, bindings = node.entity, node.bindings
        key, path = self._places[id(node)]
        choice = isinstance(entity, Conditional)
        given = [] if choice else [(name, self.text(each)) for name, each in bindings.items()]
        box = Box(key=key, path=path, name=node.name, kind=entity.node_kind, given=given)
        for name, binding in bindings.items():
            box.sources += [(source, "" if choice else name) for source in self._sources(binding)]
        read = {source for source, _ in box.sources}
        box.after = [place for each in node.upstream if (place := self._places[id(each)])[0] not in read]
        if isinstance(entity, Conditional):
            for at, branch in enumerate(entity.branches):
                condition = "else" if branch.condition is None else self._condition(branch.condition)
                scope = None if branch.graph is None else self.scope(branch.graph, f"{key}?{at}/", f"{path}/")
                box.branches.append((condition, scope, branch.failure))
        elif self._count < MOST:
            inner = getattr(entity, "graph", None) or getattr(getattr(entity, "workflow", None), "graph", None)
            if isinstance(inner, Graph):
                box.inner = self.scope(inner, f"{key}/", f"{path}/")
        return box

    def text(self, binding: Binding) -> str:
        """Return where a value comes from."""
        if isinstance(binding, Reference):
            return self._reference(binding.node, binding.var, binding.path)
        if isinstance(binding, Items):
            return f"[{', '.join(map(self.text, binding.items))}]"
        if isinstance(binding, Entries):
            return f"{{{', '.join(f'{key!r}: {self.text(each)}' for key, each in binding.entries.items())}}}"
        return repr(binding) if isinstance(binding, Constant) else type(binding).__name__

    def _reference(self, node: Node, var: str, path: tuple[int | str, ...]) -> str:
        origin, name = self._origin(node, var)
        where = "" if isinstance(origin, InputNode) else f"{self._places[id(origin)][1]}."
        return f"{where}{name}{''.join(map(step_text, path))}"

    def _origin(self, node: Node, var: str) -> tuple[Node, str]:
        """Return the node of the graph around it for what a branch takes in."""
        captured = node.builder.captured.get(var) if isinstance(node, InputNode) else None
        return (node, var) if captured is None else self._origin(*captured.ref[:2])

    def _sources(self, binding: Binding) -> Iterator[str]:
        if isinstance(binding, Reference):
            node, var = self._origin(binding.node, binding.var)
            yield f":{var}" if isinstance(node, InputNode) else self._places[id(node)][0]
        elif isinstance(binding, Items):
            for each in binding.items:
                yield from self._sources(each)
        elif isinstance(binding, Entries):
            for each in binding.entries.values():
                yield from self._sources(each)

    def _condition(self, condition: Condition) -> str:
        if isinstance(condition, Conjunction):
            left, right = self._condition(condition.left), self._condition(condition.right)
            return f"({left}) {condition.operator} ({right})"
        if isinstance(condition, Comparison):
            return f"{self._side(condition.left)} {condition.operator} {self._side(condition.right)}"
        return repr(condition)

    def _side(self, side: Any) -> str:
        return self._reference(*side.ref) if isinstance(side, Promise) else repr(side)


# Text


def as_text(graph: Graph) -> str:
    """Return a graph as indented text: a line a node, written like a call, with the paths that a run of it has."""
    scope = Layout().scope(graph)
    return "\n".join([f"{graph.name}({', '.join(scope.inputs)})", *_text(scope, "  ")]) + "\n"


def _text(scope: Scope, indent: str) -> Iterator[str]:
    width = max((len(box.path) for box in scope.boxes), default=0)
    for box in scope.boxes:
        given = ", ".join(f"{name}={text}" for name, text in box.given)
        call = _one_line(box.name if box.branches else f"{box.name}({given})")
        kind = "" if box.kind == "task" else f"  [{box.kind}]"
        after = f"  after {', '.join(path for _, path in box.after)}" if box.after else ""
        yield f"{indent}{box.path:<{width}}  {call}{kind}{after}"
        for at, (condition, inner, failure) in enumerate(box.branches):
            word = "" if condition == "else" else "if " if not at else "elif "
            yield f"{indent}    {_one_line(word + condition)}" + (
                "" if inner is not None else f": fails with {failure!r}"
            )
            if inner is not None:
                yield from _text(inner, f"{indent}      ")
        if box.inner is not None:
            yield from _text(box.inner, f"{indent}    ")
    if scope.outputs:
        yield _one_line(f"{indent}-> {', '.join(f'{name}={text}' for name, text, _ in scope.outputs)}", indent)


def _one_line(text: str, indent: str = "") -> str:
    return indent + " ".join(text.split())


# Mermaid


def as_mermaid(graph: Graph) -> str:
    """Return a graph as a Mermaid flowchart: GitHub and many editors draw it."""
    scope = Layout().scope(graph)
    ids = _Ids()
    lines = [f"---\ntitle: {_quoted_title(graph.name)}\n---", "flowchart TD"]
    lines += [f'  {ids.of(f":{name}")}(["{_mermaid(name)}"])' for name in scope.inputs]
    links: list[str] = []
    _mermaid_scope(scope, "  ", ids, lines, links)
    for name, _, sources in scope.outputs:
        lines.append(f'  {ids.of(f">{name}")}(["{_mermaid(name)}"])')
        links += [f"  {ids.of(source)} --> {ids.of(f'>{name}')}" for source in sources]
    return "\n".join([*lines, *links]) + "\n"


def _mermaid_scope(scope: Scope, indent: str, ids: _Ids, lines: list[str], links: list[str]) -> None:
    for box in scope.boxes:
        label = f'"{_mermaid(_label(box))}"'
        inside = f"{indent}  "
        target = ids.of(box.key)
        if box.branches:
            lines.append(f"{indent}subgraph {target}[{label}]")
            target = ids.of(f"{box.key}?")
            lines.append(f'{inside}{target}{{"{_mermaid(box.name)}"}}')
            for at, (condition, inner, failure) in enumerate(box.branches):
                case = ids.of(f"{box.key}?{at}")
                if inner is None:
                    lines.append(f'{inside}{case}[/"{_mermaid(failure)}"/]')
                else:
                    lines.append(f'{inside}subgraph {case}[" "]')
                    _mermaid_scope(inner, f"{inside}  ", ids, lines, links)
                    lines.append(f"{inside}end")
                links.append(f'  {target} -- "{_mermaid(condition)}" --> {case}')
            lines.append(f"{indent}end")
        elif box.inner is not None:
            lines.append(f"{indent}subgraph {target}[{label}]")
            _mermaid_scope(box.inner, inside, ids, lines, links)
            if not box.inner.boxes:
                lines.append(f"{inside}{ids.of(f'{box.key}!')}[ ]")
            lines.append(f"{indent}end")
        else:
            lines.append(f"{indent}{target}[{label}]")
        for source, name in _edges(box, scope):
            text = f' -- "{_mermaid(name)}" --> ' if name else " --> "
            links.append(f"  {ids.of(source)}{text}{target}")
        links += [f"  {ids.of(before)} -.-> {target}" for before, _ in box.after]


class _Ids:
    """Ids that Mermaid takes, each given once."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set(RESERVED)

    def of(self, key: str) -> str:
        """Return the id of a box, an input (``:name``) or an output (``>name``)."""
        found = self._given.get(key)
        if found is None:
            kind = {":": "in_", ">": "out_"}.get(key[:1], "")
            # The parts of a branch have marks that would otherwise be lost.
            plain = re.sub(r"[^0-9A-Za-z]+", "_", key.lstrip(":>").replace("?", "_case").replace("!", "_empty"))
            wanted = found = f"{kind}{plain}"
            number = 1
            while found in self._taken:
                number += 1
                found = f"{wanted}_{number}"
            self._taken.add(found)
            self._given[key] = found
        return found


def _mermaid(text: str) -> str:
    escaped = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;", "`": "#96;", "\\": "#92;"}
    return "".join(escaped.get(letter, letter) for letter in " ".join(text.split())) or " "


def _quoted_title(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# DOT


def as_dot(graph: Graph) -> str:
    """Return a graph in Graphviz' language: ``dot -Tsvg`` makes a picture of it."""
    scope = Layout().scope(graph)
    lines = [f"digraph {_dot(graph.name)} {{", "  compound=true", '  node [shape=box, fontname="sans-serif"]']
    lines += [f"  {_dot(f':{name}')} [label={_dot(name)}, shape=ellipse]" for name in scope.inputs]
    links: list[str] = []
    _dot_scope(scope, "  ", lines, links)
    ends = _ends(scope)
    for name, _, sources in scope.outputs:
        lines.append(f"  {_dot(f'>{name}')} [label={_dot(name)}, shape=ellipse]")
        links += [f"  {_dot_edge(ends.get(source, source), f'>{name}', tail=source)}" for source in sources]
    return "\n".join([*lines, *links, "}"]) + "\n"


def _dot_scope(scope: Scope, indent: str, lines: list[str], links: list[str]) -> None:
    inside = f"{indent}  "
    ends = _ends(scope)
    for box in scope.boxes:
        target = ends[box.key]
        if target == box.key:
            lines.append(f"{indent}{_dot(box.key)} [label={_dot(_label(box))}]")
        else:
            lines.append(f"{indent}subgraph {_dot(f'cluster_{box.key}')} {{")
            lines.append(f"{inside}label={_dot(_label(box))}")
        if box.branches:
            lines.append(f"{inside}{_dot(target)} [label={_dot(box.name)}, shape=diamond]")
            for at, (condition, inner, failure) in enumerate(box.branches):
                case = f"{target}{at}"
                if inner is None:
                    lines.append(f"{inside}{_dot(case)} [label={_dot(failure)}, shape=octagon]")
                    links.append(f"  {_dot_edge(target, case, label=condition)}")
                    continue
                lines.append(f"{inside}subgraph {_dot(f'cluster_{case}')} {{")
                lines.append(f'{inside}  label=""')
                lines.append(f"{inside}  {_dot(case)} [shape=point]")
                _dot_scope(inner, f"{inside}  ", lines, links)
                lines.append(f"{inside}}}")
                links.append(f"  {_dot_edge(target, case, label=condition)}")
        elif box.inner is not None:
            lines.append(f"{inside}{_dot(target)} [shape=point, style=invis]")
            _dot_scope(box.inner, inside, lines, links)
        if target != box.key:
            lines.append(f"{indent}}}")
        head = box.key if box.inner is not None else ""
        for source, name in _edges(box, scope):
            links.append(f"  {_dot_edge(ends.get(source, source), target, label=name, tail=source, head=head)}")
        for before, _ in box.after:
            links.append(f"  {_dot_edge(ends[before], target, tail=before, head=head, more='style=dashed')}")


def _ends(scope: Scope) -> dict[str, str]:
    """Return for each box the node that edges begin and end at: one inside of it for what has an inside."""
    return {
        box.key: f"{box.key}?" if box.branches else f"{box.key}!" if box.inner is not None else box.key
        for box in scope.boxes
    }


def _dot_edge(source: str, target: str, *, label: str = "", tail: str = "", head: str = "", more: str = "") -> str:
    settings = [f"label={_dot(label)}"] if label else []
    if tail and tail != source:
        settings.append(f"ltail={_dot(f'cluster_{tail}')}")
    if head:
        settings.append(f"lhead={_dot(f'cluster_{head}')}")
    settings += [more] if more else []
    return f"{_dot(source)} -> {_dot(target)}" + (f" [{', '.join(settings)}]" if settings else "")


def _dot(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


# Both


def _label(box: Box) -> str:
    return f"{box.path}: {box.name}" + ("" if box.kind in ("task", "branch") else f" ({box.kind})")


def _edges(box: Box, scope: Scope) -> Iterator[tuple[str, str]]:
    """Tell each source of a box that stands beside it, with the names of the inputs that come from there."""
    beside = {each.key for each in scope.boxes} | {f":{name}" for name in scope.inputs if scope.top}
    joined: dict[str, list[str]] = {}
    for source, name in box.sources:
        if source in beside:
            names = joined.setdefault(source, [])
            if name and name not in names:
                names.append(name)
    for source, names in joined.items():
        yield source, ", ".join(names)
