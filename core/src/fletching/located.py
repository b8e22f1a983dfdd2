"""Where a task lives: the module that made it and the variable that holds it, so that it can be found again."""

from __future__ import annotations

import os
import sys
from typing import Any

__all__ = ["Located", "module_name", "wire_module"]


def _calling_module() -> str:
    """Return the module whose code is making a task: the nearest frame that is no constructor of one."""
    frame = sys._getframe(1)
    while frame is not None:
        maker = frame.f_locals.get("self") if frame.f_code.co_name == "__init__" else None
        name = str(frame.f_globals.get("__name__", ""))
        if not isinstance(maker, Located) and not name.startswith("fletching."):
            return name
        frame = frame.f_back  # type: ignore[assignment]
    return "__main__"


INITS = ("__init__.py", "__init__.pyc")


def module_name(function: Any) -> str:
    """Return the module a function was defined in."""
    return str(getattr(function, "__module__", None) or "__main__")


def wire_module(name: str) -> str:
    """Return the name under which another process finds a module: that which it has on a backend.

    ``__main__`` gets the dotted path of its file below the topmost folder that is no package (or below
    ``FLYTE_PYTHON_PACKAGE_ROOT``). A package is its ``__init__``, as the Flyte SDK names it.
    """
    if name != "__main__":
        file = getattr(sys.modules.get(name), "__file__", None) or ""
        return f"{name}.__init__" if os.path.basename(file) in INITS else name
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name and not spec.name.endswith(".__main__"):
        return str(spec.name)
    file = getattr(main, "__file__", None)
    if file is None or file.startswith("<"):
        return name  # a notebook, an interactive session, a program from stdin: nothing to import
    folder, base = os.path.split(os.path.abspath(file))
    parts = [os.path.splitext(base)[0]]
    root = os.environ.get("FLYTE_PYTHON_PACKAGE_ROOT")
    if root and root != "auto":
        relative = os.path.relpath(folder, os.path.abspath(root))
        if not relative.startswith(os.pardir):
            return ".".join([*filter(lambda part: part != os.curdir, relative.split(os.sep)), *parts])
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    return ".".join(parts)


_seen: dict[str, dict[int, str]] = {}
"""Of each module that was looked through: the variables by the identity of what they held then. It may have changed."""


def _variable_of(value: object, module_name: str) -> str | None:
    """Return the first variable of a module that holds a value; a module of thousands is looked through once."""
    module = sys.modules.get(module_name)
    if module is None:
        return None
    # vars(), not dir(): looking must not run a module's __getattr__.
    variables = vars(module)
    known = _seen.get(module_name, {}).get(id(value))
    if known is not None and variables.get(known) is value:
        return known
    found: dict[int, str] = {}
    for name, held in list(variables.items()):
        found.setdefault(id(held), name)
    _seen[module_name] = found
    return found.get(id(value))


class Located:
    """Knows the module it was made in, and finds the variable that holds it when somebody asks."""

    _instantiated_in: str
    _lhs: str | None = None

    def _locate(self, module: str | None = None) -> None:
        self._instantiated_in = module or _calling_module()

    @property
    def instantiated_in(self) -> str:
        """Name of the module this was made in."""
        return self._instantiated_in

    @property
    def lhs(self) -> str:
        """Name of the module's variable that holds this; the same as `find_lhs`."""
        return self.find_lhs()

    def find_lhs(self) -> str:
        """Return the name of the module's variable that holds this.

        Raises:
            ResolverError: no variable of the module does.
        """
        if self._lhs is None:
            self._lhs = _variable_of(self, self._instantiated_in)
            if self._lhs is None:
                from fletching.errors import ResolverError

                raise ResolverError(
                    f"no variable of module {self._instantiated_in!r} holds {self!r}; "
                    "assign it to a module-level variable, so that another process can find it"
                )
        return self._lhs

    @property
    def location(self) -> str:
        """``module.variable``, by which another process finds this."""
        return f"{wire_module(self._instantiated_in)}.{self.find_lhs()}"
