"""A digest of what a function does: equal in every process, blind to how the source is written."""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import linecache
import os
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache, partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

__all__ = ["digest", "function_fingerprint"]

GLOBAL_READS = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
GLOBAL_WRITES = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
LAYOUT_NAMES = frozenset({"__doc__", "__firstlineno__", "__static_attributes__"})
"""What a class body stores about its own source."""
FLAGS = (
    inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
    | inspect.CO_ITERABLE_COROUTINE
)
CODE = (FunctionType, type, partial, MethodType, BuiltinFunctionType, ModuleType)
CONSTANTS = (bool, int, float, complex, str, bytes, tuple, frozenset, Enum, type(None), type(Ellipsis))


def digest(*parts: object) -> str:
    """Return 64 hexadecimal digits for values, equal for equal content in every process."""
    return hexdigest(repr(Fingerprint(set()).value(parts)))


def function_fingerprint(fn: Any) -> str:
    """Return 64 hexadecimal digits for what ``fn`` and what it uses of its own module do."""
    modules = {getattr(one, "__module__", None) for one in (fn, inspect.unwrap(fn))}
    return hexdigest(repr(Fingerprint(modules).value(fn)))


def hexdigest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Fingerprint:
    """Turns values and code into nested tuples of strings and numbers, whose repr is the same in every process.

    Content decides, not identity: the same constant may be one object in one process and two in another. Functions
    and classes alone are written once and then as an ordinal, since they call each other in circles.
    """

    def __init__(self, modules: set[Any], seen: Mapping[int, int] | None = None) -> None:
        self.modules = modules
        self.seen = dict(seen or {})
        self.alive: list[object] = []
        self.awaited: set[str] = set()
        self.path: list[int] = []

    def value(self, value: Any) -> Any:
        """Return the form of any value."""
        kind = type(value)
        if value is None or kind in (bool, int, str, bytes):
            return kind.__name__, value
        if kind in (float, complex):
            return kind.__name__, repr(value)  # tells -0.0 from 0.0 and holds nan
        if value is Ellipsis:
            return ("...",)
        if kind is tuple:
            return ("tuple", *map(self.value, value))
        if kind is CodeType:
            return self.code(value)
        if kind in (BuiltinFunctionType, ModuleType):
            return "name", self.name(value)
        if isinstance(value, (FunctionType, type)):
            return self.once(value)
        if id(value) in self.path:
            return "cycle", len(self.path) - self.path.index(id(value))
        self.path.append(id(value))
        try:
            return self.compound(value, kind)
        finally:
            self.path.pop()

    def once(self, value: Any) -> Any:
        known = self.seen.get(id(value))
        if known is not None:
            return "again", known
        self.seen[id(value)] = len(self.seen)
        self.alive.append(value)  # or another function may get the id of a dead one
        return self.function(value) if isinstance(value, FunctionType) else self.cls(value)

    def compound(self, value: Any, kind: type) -> Any:
        if isinstance(value, Enum):
            return "enum", self.name(kind), value.name, self.value(value.value)
        if kind is list:
            return ("list", *map(self.value, value))
        if kind in (set, frozenset):
            return (kind.__name__, *sorted(map(self.apart, value)))
        if kind.__module__ == "builtins" and isinstance(value, Mapping):
            return ("dict", *sorted(self.apart(item) for item in value.items()))
        if isinstance(value, partial):
            return "partial", self.value(value.func), self.value(value.args), self.value(value.keywords)
        if isinstance(value, MethodType):
            return "method", self.value(value.__func__), self.value(value.__self__)
        wrapped = getattr(value, "__wrapped__", None)
        if isinstance(wrapped, FunctionType):
            return "wrapped", self.name(kind), self.value(wrapped)
        return self.instance(value, kind)

    def apart(self, item: Any) -> str:
        """Return the form of an element of something unordered: no other element may have a part in it."""
        other = Fingerprint(self.modules, self.seen)
        other.path = list(self.path)
        return repr(other.value(item))

    def is_own(self, value: Any) -> bool:
        return getattr(value, "__module__", None) in self.modules

    def name(self, value: Any) -> str:
        if isinstance(value, ModuleType):
            return value.__name__
        # A script's module is called __main__ when it is run and something else when it is imported.
        module = "" if self.is_own(value) else getattr(value, "__module__", None) or ""
        return f"{module}.{getattr(value, '__qualname__', type(value).__qualname__)}"

    def function(self, fn: FunctionType) -> Any:
        # A local function cannot be found by its name, so its body counts wherever it comes from.
        if not self.is_own(fn) and "<locals>" not in fn.__qualname__ and fn.__name__ != "<lambda>":
            return "name", self.name(fn)
        read: set[str] = set()
        written: set[str] = set()
        collect_globals(fn.__code__, read, written)
        used = [self.named(name, fn) for name in sorted(read - written)]
        return (
            "function",
            self.code(fn.__code__),
            self.value(fn.__defaults__),
            self.value(fn.__kwdefaults__),
            tuple(map(self.cell, fn.__closure__ or ())),
            tuple(used),
        )

    def named(self, name: str, fn: FunctionType) -> Any:
        """Return the form of what a name means in the module of ``fn``, also if that comes further down in its file."""
        if name in fn.__globals__:
            return name, self.outer(fn.__globals__[name])
        if name in self.awaited or name == fn.__name__ or hasattr(builtins, name):
            return name
        # While a decorator runs, the rest of the module does not exist yet: its source says what the name will be.
        self.awaited.add(name)
        found = bindings(module_source(fn)).get(name, ())
        inner = sorted({inner for _, loads in found for inner in loads})
        return name, tuple(text for text, _ in found), tuple(self.named(one, fn) for one in inner)

    def cell(self, cell: Any) -> Any:
        try:
            return self.value(cell.cell_contents)
        except ValueError:  # an empty cell: the name is bound later
            return ("empty",)

    def outer(self, value: Any) -> Any:
        """Return the form of a module global: code and constants by content, what may change by its type."""
        if isinstance(value, (*CODE, *CONSTANTS)) or isinstance(getattr(value, "__wrapped__", None), FunctionType):
            return self.value(value)
        return "object", self.name(type(value))

    def cls(self, cls: type) -> Any:
        if not self.is_own(cls):
            return "name", self.name(cls)
        members = []
        for name, member in sorted(vars(cls).items()):
            inner = member.__func__ if isinstance(member, (staticmethod, classmethod)) else member
            inner = inner.fget if isinstance(inner, property) else inner
            if isinstance(inner, FunctionType) or (not name.startswith("__") and isinstance(inner, CONSTANTS)):
                members.append((name, self.value(inner)))
        return "class", tuple(map(self.value, cls.__bases__)), tuple(members)

    def instance(self, value: Any, kind: type) -> Any:
        try:
            reduced = value.__reduce_ex__(4)
        except Exception:  # noqa: BLE001 - locks, sockets and the like have no content to compare
            return "object", self.name(kind)
        if isinstance(reduced, str):
            return "name", self.name(kind), reduced
        make, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
        content = (arguments, state, list(items or ()), list(pairs or ()))
        return ("instance", self.name(make), *map(self.value, content))

    def code(self, code: CodeType) -> Any:
        """Return the form of compiled code: what it does and loads, without names of locals, lines and docstrings."""
        steps: list[tuple[str, Any]] = []
        for step in dis.get_instructions(code):
            if step.opname == "STORE_NAME" and step.argval in LAYOUT_NAMES:
                steps.pop()  # with the constant that it stores
            elif step.opcode in dis.hasconst:
                steps.append((step.opname, self.value(step.argval)))
            elif step.opcode in dis.hasname:
                steps.append((step.opname, step.argval))
            else:
                steps.append((step.opname, step.arg))
        head = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & FLAGS
        return "code", head, tuple(steps), code.co_exceptiontable


def module_source(fn: FunctionType) -> str:
    file = fn.__code__.co_filename
    # A relative name would be searched for along sys.path, and something else might be found there.
    known = os.path.isabs(file) or file in linecache.cache
    return "".join(linecache.getlines(file, fn.__globals__)) if known else ""


@lru_cache(maxsize=4)
def bindings(source: str) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """Return the top-level statements that give each name of a module its meaning, and the names they load.

    A statement is text without positions, comments and docstrings.
    """
    found: dict[str, list[tuple[str, frozenset[str]]]] = {}
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError):  # a notebook's cell may hold more than Python
        return found
    for statement in statements:
        bound: set[str] = set()
        loads: set[str] = set()
        for node in ast.walk(statement):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                if ast.get_docstring(node, clean=False) is not None:
                    node.body = node.body[1:]
            elif isinstance(node, ast.alias):
                bound.add((node.asname or node.name).partition(".")[0])
            elif isinstance(node, ast.Name):
                (loads if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound = {statement.name}  # what is bound inside is local
        text = ast.dump(statement)
        for name in bound:
            found.setdefault(name, []).append((text, frozenset(loads)))
    return found


def collect_globals(code: CodeType, read: set[str], written: set[str]) -> None:
    for step in dis.get_instructions(code):
        if step.opname in GLOBAL_READS:
            read.add(step.argval)
        elif step.opname in GLOBAL_WRITES:
            written.add(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            collect_globals(constant, read, written)
