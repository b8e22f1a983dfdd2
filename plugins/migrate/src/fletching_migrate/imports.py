"""The import statements of a program, rewritten one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from fletching_migrate.from_imports import FromImport
from fletching_migrate.names import ROOTS, UNKNOWN
from fletching_migrate.source import dotted
from fletching_migrate.uses import other_assignments, quoted, uses
from fletching_migrate.values import Edit, Finding

if TYPE_CHECKING:
    from fletching_migrate.names import Home, Names
    from fletching_migrate.source import Source
    from fletching_migrate.uses import Use

__all__ = ["Imports"]

HERE = "fletching"
AS_VALUE = "the module itself is used as a value; look at what is done with it"


class Imports:
    """Collects what has to change in a program so that it imports from here."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source, self.names = source, names
        self.edits: list[Edit] = []
        self.findings: list[Finding] = []
        self.packages: set[str] = set()
        self.handled: set[int] = set()
        """Strings that were rewritten, by identity."""

    def rewrite(self) -> None:
        """Look at every import of the program."""
        plain: dict[tuple[int, str], list[tuple[cst.Import, cst.ImportAlias]]] = {}
        scopes: dict[tuple[int, str], object] = {}
        for statement in self.source.imports:
            if isinstance(statement, cst.ImportFrom):
                module = dotted(statement.module)
                if not statement.relative and module.partition(".")[0] in ROOTS:
                    FromImport(self, statement, module).rewrite()
                continue
            for alias in statement.names:
                path = dotted(alias.name)
                if path.partition(".")[0] not in ROOTS:
                    continue
                scope = self.source.scope_of(statement)
                if alias.asname is None:
                    key = (id(scope), path.partition(".")[0])
                    plain.setdefault(key, []).append((statement, alias))
                    scopes[key] = scope
                else:
                    self._module(scope, dotted(alias.asname.name), path, [(statement, alias)])
        for key, found in plain.items():
            self._module(scopes[key], key[1], key[1], found)

    def told(self, node: cst.CSTNode, path: str, home: Home) -> None:
        """Note what a name asks for beyond its import."""
        if home.advice:
            self.findings.append(Finding(line=self.source.line(node), name=path, advice=home.advice))
        if home.package and not home.advice:
            self.packages.add(home.package)

    def _module(self, scope: object, local: str, base: str, found: list[tuple[cst.Import, cst.ImportAlias]]) -> None:
        """Rewrite ``import flytekit`` in any of its forms, and all uses of the name it binds."""
        if not (self.names.is_module(base) or base in ROOTS or base.startswith("flytekitplugins.")):
            self.findings.append(Finding(line=self.source.line(found[0][0]), name=base, advice=UNKNOWN))
            return
        changed = self.uses(scope, local, base)
        if changed is None:
            return
        whole, more, _ = changed
        first, *rest = found
        if not whole:
            self._replace(first[1], f"{HERE}, {self._text(first[1])}")
            return
        named = first[1].asname is not None or other_assignments(scope, local)
        self._replace(first[1], ", ".join([f"{HERE} as {local}" if named else HERE, *more]))
        for statement, alias in rest:
            if not self._dropped(statement, first[0]):
                self._replace(alias, f"{HERE} as {local}" if named else HERE)

    def uses(self, scope: object, local: str, base: str) -> tuple[bool, list[str], int] | None:
        """Rewrite the uses of a module's name.

        Returns whether nothing needs flytekit any more, which more modules have to be imported, and how many uses
        there are; None if nothing of it is to be changed.
        """
        found = list(uses(self.source, self.names, scope, local, base))
        for use in found:
            if use.home is not None:
                self.told(use.node, use.path, use.home)
            elif not use.harmless:
                self.findings.append(Finding(line=self.source.line(use.node), name=use.path, advice=AS_VALUE))
        whole = all(use.harmless if use.home is None else bool(use.home.module) for use in found)
        mapped = [use for use in found if use.home is not None and use.home.module]
        if not whole and not mapped:
            return None
        # A name that is bound elsewhere too, or was chosen by the program, stays.
        root = local if whole and (local not in ROOTS or other_assignments(scope, local)) else HERE
        for use in mapped if not whole else found:
            self._replace(use.node, self._target(use, root))
        if whole:
            self._annotations(scope, local, base, root)
        below = {use.home.module for use in mapped if use.home is not None} - {HERE}
        return whole, sorted(below), len(found)

    def _target(self, use: Use, root: str) -> str:
        if use.home is None:
            return root
        package, dot, rest = use.home.module.partition(".")
        module = f"{root}{dot}{rest}" if package == HERE else use.home.module
        return f"{module}.{use.home.name}"

    def _annotations(self, scope: object, local: str, base: str, root: str) -> None:
        """Rewrite annotations in quotes."""
        import re

        from fletching_migrate.uses import resolve

        for node in quoted(scope, local):

            def renamed(match: re.Match[str]) -> str:
                attributes = match[0].split(".")[1:]
                count, _, home = resolve(self.names, base, attributes)
                if home is None or not home.module:
                    return match[0]
                package, dot, rest = home.module.partition(".")
                module = f"{root}{dot}{rest}" if package == HERE else home.module
                return ".".join([module, home.name, *attributes[count:]])

            text = self._text(node)
            made = re.sub(rf"(?<![\w.]){re.escape(local)}(?:\.\w+)+", renamed, text)
            if made != text:
                self._replace(node, made)
                self.handled.add(id(node))

    def _text(self, node: cst.CSTNode) -> str:
        start, end = self.source.span(node)
        return self.source.text[start:end]

    def _replace(self, node: cst.CSTNode, text: str) -> None:
        if text != self._text(node):
            self.edits.append(Edit(*self.source.span(node), text))

    def _dropped(self, statement: cst.Import, first: cst.Import) -> bool:
        """Take out an import that would say what ``first``, in the same block, says; False if it has to stay."""
        line, other = self.source.parent(statement), self.source.parent(first)
        if line is None or other is None or len(statement.names) > 1:
            return False
        if line is other or self.source.parent(line) is not self.source.parent(other):
            return False
        start, end = self.source.span(statement)
        begin, finish = self.source.line_start(start), self.source.line_end(start)
        if self.source.text[begin:finish].strip() != self.source.text[start:end]:
            return False
        self.edits.append(Edit(begin, finish, ""))
        return True
