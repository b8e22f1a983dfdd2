"""Importing one entry point, and saying what went wrong with it in terms of packages."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fletching.errors import PluginBrokenError, PluginContractError, close_match
from fletching.installed import KINDS

if TYPE_CHECKING:
    from fletching.installed import EntryPoint

__all__ = ["broken", "check", "explain", "load"]

BASES = {"tasks": "fletching.python_task.PythonTask"}
"""What the classes of a kind derive from, by name: this layer cannot import what stands above it."""

CALLABLE = {"types", "executors", "backends", "images", "secrets", "storage", "renderers"}
"""Kinds whose objects are called: a class, a factory or a function."""


def load(entry: EntryPoint) -> Any:
    """Import what an entry point points at; raise `PluginBrokenError` from whatever stopped it."""
    module, attribute = target(entry)
    try:
        found: Any = import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin that calls sys.exit() must not end the program that looked at it
        raise broken(entry, explain(error, module, entry.distribution.name)) from error
    where = f"module {module!r}"
    for part in filter(None, attribute.split(".")):
        try:
            found = getattr(found, part)
        except KeyboardInterrupt:
            raise
        except AttributeError as error:
            hint = close_match(part, (name for name in dir(found) if not name.startswith("_")))
            raise broken(entry, f"{where} has no {part!r}{hint}") from error
        except BaseException as error:  # a lazy module imports here
            raise broken(entry, explain(error, module, entry.distribution.name)) from error
        where = f"{where.removesuffix(chr(39))}.{part}'"
    return found


def target(entry: EntryPoint) -> tuple[str, str]:
    """Return the module and the attribute (or an empty string) that an entry point names."""
    module, _, attribute = entry.value.partition("[")[0].partition(":")
    module, attribute = module.strip(), attribute.strip()
    if not all(part.isidentifier() for part in f"{module}.{attribute or module}".split(".")):
        raise broken(entry, f"its entry point says {entry.value!r}, which is not 'module:attribute'")
    return module, attribute


def broken(entry: EntryPoint, why: str) -> PluginBrokenError:
    """Return the error for an entry point that cannot be used."""
    return PluginBrokenError(f"{entry.title} of {entry.distribution} cannot be used: {why}")


def explain(error: BaseException, module: str, distribution: str) -> str:
    """Say why importing ``module`` of a distribution failed: the plugin itself, or something it needs."""
    from fletching.security import redact

    if isinstance(error, ModuleNotFoundError) and error.name:
        if f"{error.name}.".startswith(f"{module.partition('.')[0]}."):
            return f"the plugin itself is missing: there is no module {error.name!r}; install {distribution} again"
        return (
            f"its dependency is missing: there is no module {error.name!r}; "
            f"install {distribution} again together with what it needs"
        )
    if isinstance(error, SystemExit):
        return f"it called sys.exit({'' if error.code is None else repr(error.code)}) while it was imported"
    return redact(f"importing it raised {type(error).__name__}: {error}".rstrip(": "))


def check(kind: str, name: str, found: Any, source: str) -> None:
    """Raise `PluginContractError` if what was found for a name is not what its kind promises."""
    base = BASES.get(kind)
    said = f"{KINDS[kind]} {name!r} of {source}"
    if base is not None:
        line = found.__mro__ if isinstance(found, type) else ()
        if not any(f"{step.__module__}.{step.__qualname__}" == base for step in line):
            raise PluginContractError(f"{said} must be a subclass of {base.rpartition('.')[2]}, got {_shown(found)}")
    elif kind in CALLABLE and not callable(found):
        raise PluginContractError(f"{said} must be callable, got {_shown(found)}")


def _shown(found: object) -> str:
    try:
        return repr(found)
    except Exception:  # noqa: BLE001 - it came from a plugin; the message is about its class anyway
        return f"a {type(found).__qualname__}"
