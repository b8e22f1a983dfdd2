"""One ``from flytekit… import …``: each name from where it is here, the rest as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from fletching_migrate.names import UNKNOWN
from fletching_migrate.source import dotted
from fletching_migrate.values import Edit, Finding

if TYPE_CHECKING:
    from fletching_migrate.imports import Imports

__all__ = ["FromImport"]

HERE = "fletching"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One name of the statement."""

    alias: cst.ImportAlias
    module: str
    """Where it is imported from now; empty if statements of its own take its place."""
    text: str
    """How it is written there; the last statement of its own if ``module`` is empty."""
    before: tuple[str, ...] = ()
    """Those before it."""


class FromImport:
    """Rewrites one statement."""

    def __init__(self, imports: Imports, node: cst.ImportFrom, module: str) -> None:
        self.imports, self.source, self.names = imports, imports.source, imports.names
        self.node, self.module = node, module

    def rewrite(self) -> None:
        """Note the edits of the statement."""
        if isinstance(self.node.names, cst.ImportStar):
            self._star()
            return
        parts = [self._part(alias) for alias in self.node.names]
        groups: dict[str, list[Part]] = {}
        for part in parts:
            groups.setdefault(part.module, []).append(part)
        alone = groups.pop("", [])
        there = {part.text for part in parts if part.module == HERE}
        more = [text for part in alone for text in part.before if text.rpartition(" ")[2] not in there]
        more = list(dict.fromkeys(more))
        after = [part.text for part in alone if part.text]
        if not groups:
            start, end = self.source.span(self.node)
            comments = re.findall(r"#[^\r\n]*", self.source.text[start:end]) if self._sole() else []
            self.imports.edits.append(Edit(start, end, self._joined([*comments, *more, *after])))
            return
        stays = max(groups, key=lambda module: (len(groups[module]), module == HERE))
        for module, group in groups.items():
            if module != stays:
                more.append(f"from {module} import {', '.join(part.text for part in group)}")
        self._replace(self.node.module, stays)
        kept = groups[stays]
        for part in kept:
            self._replace(part.alias, part.text)
        moved = self._take_out([part in kept for part in parts])
        self._insert([*moved, *more])
        self._append(after)

    def _part(self, alias: cst.ImportAlias) -> Part:
        name = dotted(alias.name)
        path = f"{self.module}.{name}"
        local = dotted(alias.asname.name) if alias.asname is not None else name
        if self.names.is_module(path):
            return self._submodule(alias, path, local)
        home = self.names.home(path)
        self.imports.told(alias, path, home)
        if not home.module:
            return Part(alias=alias, module=self.module, text=self._text(alias))
        if "[" in home.name:
            before, made = home.imported(local)
            return Part(alias=alias, module="", before=(before,), text=made)
        if alias.asname is not None:
            # What stands between the name and the other one is the program's own way to write.
            text = home.name + self._text(alias)[len(name) :]
        else:
            text = home.name if home.name == local else f"{home.name} as {local}"
        return Part(alias=alias, module=home.module, text=text)

    def _submodule(self, alias: cst.ImportAlias, path: str, local: str) -> Part:
        """A module: what is done with it decides."""
        scope = self.source.scope_of(self.node)
        changed = self.imports.uses(scope, local, path)
        if changed is not None and changed[0] and changed[2]:
            statement = f"import {', '.join([f'{HERE} as {local}', *changed[1]])}"
            return Part(alias=alias, module="", before=(statement,), text="")
        if changed is not None and not changed[0]:
            self._insert([f"import {HERE}"])
        else:
            advice = "nothing here is a module of that name; import what you need of it by name"
            self.imports.findings.append(Finding(line=self.source.line(alias), name=path, advice=advice))
        return Part(alias=alias, module=self.module, text=self._text(alias))

    def _star(self) -> None:
        """Name what a star import brought: what is used, and bound nowhere."""
        wanted: dict[str, list[str]] = {}
        made: list[str] = []
        for name in sorted(self._unbound()):
            home = self.names.home(f"{self.module}.{name}")
            if home.advice == UNKNOWN:
                continue
            self.imports.told(self.node, f"{self.module}.{name}", home)
            if "[" in home.name:
                made += home.imported(name)
                continue
            text = home.name if home.name == name else f"{home.name} as {name}"
            wanted.setdefault(home.module, []).append(text)
        missing = wanted.pop("", None)
        if not wanted and not made:
            advice = "none of its names is used here; import those that others take from this module, by name"
            self.imports.findings.append(
                Finding(line=self.source.line(self.node), name=f"{self.module}.*", advice=advice)
            )
            return
        texts = [f"from {module} import {', '.join(names)}" for module, names in wanted.items()]
        texts += dict.fromkeys(made)
        start, end = self.source.span(self.node)
        if missing is not None:
            # First what stays, so that a name which is in both comes from here.
            texts.insert(0, self.source.text[start:end])
        self.imports.edits.append(Edit(start, end, self._joined(texts)))

    def _unbound(self) -> set[str]:
        found = set()
        for scope in self.source.scopes:
            for access in scope.accesses:
                node = access.node
                while isinstance(node, cst.Attribute):
                    node = node.value
                if not access.referents and isinstance(node, cst.Name):
                    found.add(node.value)
        return found

    def _take_out(self, kept: list[bool]) -> list[str]:
        """Take out the names that are imported elsewhere now; returns the comments that stood beside them."""
        aliases = list(self.node.names) if not isinstance(self.node.names, cst.ImportStar) else []
        spans = [self.source.span(alias) for alias in aliases]
        text = self.source.text
        comments: list[str] = []
        for at, keep in enumerate(kept):
            if keep:
                continue
            start, end = spans[at]
            if any(kept[at + 1 :]):
                end = spans[at + 1][0]
            else:
                # The last names: what stands before them goes too, but not the comma that closes a list of lines.
                if at + 1 < len(spans):
                    end = spans[at + 1][0]
                else:
                    tail = re.match(r"[ \t]*,?[ \t]*(?:#[^\r\n]*)?", text[end:])
                    end += tail.end() if tail is not None and self.node.lpar is not None else 0
                before = re.search(r"(,?)([ \t\r\n\\]*)$", text[:start])
                if before is not None and not (at and not kept[at - 1]):
                    lines = "\n" in before[2] and self.node.lpar is not None
                    start = before.start(2) if lines else before.start(1)
            comments += re.findall(r"#[^\r\n]*", text[start:end])
            self.imports.edits.append(Edit(start, end, ""))
        return comments

    def _insert(self, texts: list[str]) -> None:
        if texts:
            start, _ = self.source.span(self.node)
            comments = [text for text in texts if text.startswith("#")]
            if comments and not self._sole():
                texts = [text for text in texts if not text.startswith("#")]
            self.imports.edits.append(Edit(start, start, self._joined([*texts, ""])))

    def _append(self, texts: list[str]) -> None:
        """Put statements after this one."""
        if not texts:
            return
        start, end = self.source.span(self.node)
        at = self.source.line_end(end)
        text = self.source.text
        if not self._sole():
            self.imports.edits.append(Edit(end, end, self._joined(["", *texts])))
        elif text[at - 1 : at] in ("\n", "\r"):
            indent = text[self.source.line_start(start) : start]
            self.imports.edits.append(Edit(at, at, indent + self._joined(texts) + self.source.newline))
        else:
            self.imports.edits.append(Edit(at, at, self._joined(["", *texts])))

    def _joined(self, texts: list[str]) -> str:
        start, _ = self.source.span(self.node)
        indent = self.source.text[self.source.line_start(start) : start]
        return (self.source.newline + indent if self._sole() else "; ").join(texts)

    def _sole(self) -> bool:
        """Tell whether the statement has its line for itself."""
        line = self.source.parent(self.node)
        return isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1

    def _text(self, node: cst.CSTNode) -> str:
        start, end = self.source.span(node)
        return self.source.text[start:end]

    def _replace(self, node: cst.CSTNode | None, text: str) -> None:
        if node is not None and text != self._text(node):
            self.imports.edits.append(Edit(*self.source.span(node), text))
