"""What a program does with a module of flytekit that it imported: ``fl.task``, ``flytekit.types.file.FlyteFile``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fletching_migrate.source import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    import libcst as cst

    from fletching_migrate.names import Home, Names
    from fletching_migrate.source import Source

__all__ = ["Use", "other_assignments", "quoted", "resolve", "uses"]


@dataclass(frozen=True, kw_only=True)
class Use:
    """One place where it is used."""

    node: cst.CSTNode
    """The part that names something of flytekit; what follows it is an attribute of that."""
    path: str
    """What it names, by its full name in flytekit."""
    home: Home | None
    """Where that is here; None for a module that is used as a value."""
    harmless: bool = False
    """A module is only asked whether it is there."""


def uses(source: Source, names: Names, scope: object, local: str, base: str) -> Iterator[Use]:
    """Yield what the program does with ``local``, which holds the module ``base``; strings are left out."""
    import libcst as cst

    seen: set[int] = set()
    for access in _references(scope, local):
        node = access
        while isinstance(node, cst.Attribute):
            node = node.value
        if not isinstance(node, cst.Name) or id(node) in seen:
            continue
        seen.add(id(node))
        yield _use(source, names, node, base)


def quoted(scope: object, local: str) -> list[cst.SimpleString]:
    """Return the annotations in quotes that use ``local``."""
    import libcst as cst

    return [node for node in _references(scope, local) if isinstance(node, cst.SimpleString)]


def _references(scope: object, local: str) -> list[cst.CSTNode]:
    found = []
    for assignment in scope.assignments:  # type: ignore[attr-defined]
        if assignment.name == local or assignment.name.startswith(f"{local}."):
            found += [access.node for access in assignment.references]
    return found


def other_assignments(scope: object, local: str) -> bool:
    """Tell whether the name is bound to something else too, as in ``except ImportError: flytekit = None``."""
    from libcst.metadata import ImportAssignment

    return any(
        assignment.name == local and not isinstance(assignment, ImportAssignment)
        for assignment in scope.assignments  # type: ignore[attr-defined]
    )


def resolve(names: Names, base: str, attributes: list[str]) -> tuple[int, str, Home | None]:
    """Return how many attributes name one thing of flytekit, its full name, and where it is; None for a module."""
    path = base
    for count, attribute in enumerate(attributes, 1):
        path = f"{path}.{attribute}"
        if not names.is_module(path):
            return count, path, names.home(path)
    return len(attributes), path, None


def _use(source: Source, names: Names, root: cst.Name, base: str) -> Use:
    import libcst as cst

    chain: list[cst.CSTNode] = [root]
    attributes = []
    above = source.parent(root)
    while isinstance(above, cst.Attribute) and above.value is chain[-1]:
        chain.append(above)
        attributes.append(dotted(above.attr))
        above = source.parent(above)
    count, path, home = resolve(names, base, attributes)
    return Use(node=chain[count], path=path, home=home, harmless=home is None and _only_asked(source, chain[count]))


def _only_asked(source: Source, node: cst.CSTNode) -> bool:
    """Tell whether a value is only compared with None or asked for its truth."""
    import libcst as cst

    above = source.parent(node)
    if isinstance(above, cst.ComparisonTarget):
        above = source.parent(above)
    if isinstance(above, cst.Comparison):
        parts = [above.left, *(target.comparator for target in above.comparisons)]
        return any(isinstance(part, cst.Name) and part.value == "None" for part in parts)
    return isinstance(above, (cst.If, cst.IfExp, cst.UnaryOperation, cst.BooleanOperation))
