"""Where each name of flytekit is here: the data of ``names.txt``, looked up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["ROOTS", "UNKNOWN", "Home", "Names", "known_names"]

ROOTS = ("flytekit", "flytekitplugins")
"""The packages whose imports are rewritten."""

UNKNOWN = "flytekit 1.16 does not document it; there is no such name here"


@dataclass(frozen=True, kw_only=True)
class Home:
    """What `names.txt` says about a name."""

    module: str = ""
    """The module here that has it; empty if there is none."""
    name: str = ""
    """What it is called there, perhaps with brackets: ``FlyteFile["csv"]``."""
    advice: str = ""
    """What a person has to do; empty if changing the import is all."""
    package: str = ""
    """The extra of fletching that brings it; empty if core does."""

    def imported(self, local: str) -> list[str]:
        """Return the statements that bind a name of the program's own to it."""
        name, bracket, _ = self.name.partition("[")
        if bracket:
            return [f"from {self.module} import {name}", f"{local} = {self.name}"]
        return [f"from {self.module} import {name}" + ("" if name == local else f" as {local}")]


class Names:
    """Answers for names of flytekit, by their dotted paths."""

    def __init__(self, lines: list[str], modules: list[str]) -> None:
        self._modules = frozenset(modules)
        self._bare: dict[str, Home] = {}
        self._exact: dict[str, Home] = {}
        self._below: dict[str, Home] = {}
        for line in lines:
            if line.strip() and not line.startswith("#"):
                self._add(line)

    def _add(self, line: str) -> None:
        path, _, rest = line.partition(" ")
        said, _, advice = rest.partition("!")
        target, _, package = said.strip().partition(" ")
        module, _, name = "" if target == "-" else target, "", ""
        module, _, name = module.rpartition(".")
        home = Home(module=module, name=name, advice=advice.strip(), package=package.strip())
        if path.endswith(".*"):
            self._below[path[:-2]] = home
        elif "." in path:
            self._exact[path] = home
        else:
            self._bare[path] = home

    def is_module(self, path: str) -> bool:
        """Tell whether a dotted path is a module of flytekit, and not one of its functions or classes."""
        if path.startswith("flytekitplugins"):
            # Below a plugin's package, a name in small letters is a function as likely as a module.
            return path.count(".") < 2 or any(name.startswith(f"{path}.") for name in self._exact)
        return path in self._modules

    def home(self, path: str) -> Home:
        """Return what is known about a name, given with the module it is imported from."""
        if path in self._exact:
            return self._exact[path]
        module, _, name = path.rpartition(".")
        while module:
            if module in self._below:
                return self._below[module]
            module = module.rpartition(".")[0]
        return self._bare.get(name) or Home(advice=UNKNOWN)

    def homes(self) -> list[Home]:
        """Return every line of the table."""
        return [*self._bare.values(), *self._exact.values(), *self._below.values()]

    def bare(self) -> tuple[str, ...]:
        """Return the names that are known wherever they are imported from, which is what a star import brings."""
        return tuple(self._bare)


@cache
def known_names() -> Names:
    """Return the table that comes with this package."""
    folder = files("fletching_migrate")
    lines = folder.joinpath("names.txt").read_text(encoding="utf-8").splitlines()
    return Names(lines, folder.joinpath("modules.txt").read_text(encoding="utf-8").split())
