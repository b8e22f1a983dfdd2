"""The pluggy side of the plugin manager; imported only when a hook must really run."""

from __future__ import annotations

import sys
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pluggy

from fletching import hookspecs
from fletching.builtin import Builtin
from fletching.errors import PluginContractError, close_match

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fletching.plugins import PluginManager

__all__ = ["Relay"]


class Relay(pluggy.PluginManager):
    """Holds the registered hook implementations; checks a plugin whole before it takes any of it."""

    def __init__(self, manager: PluginManager, builtin: Builtin, *, trace: bool) -> None:
        super().__init__("fletching")
        self.add_hookspecs(hookspecs)
        self.register(builtin, "fletching")
        if trace:
            self.add_hookcall_monitoring(lambda *_: None, report)
        self.hook.fletching_start.call_historic(kwargs={"manager": manager})

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """Return the marks of an implementation, or None for everything else."""
        if isinstance(plugin, Builtin):
            return {"trylast": True} if name.startswith("fletching_") else None
        # pluggy looks at each name of a module slowly; most are imports.
        if isinstance(plugin, ModuleType) and type(vars(plugin).get(name)) is not FunctionType:
            return None
        return super().parse_hookimpl_opts(plugin, name)

    def add(self, plugin: Any, name: str | None) -> str:
        """Register a plugin and return the name it got; on any error nothing of it stays registered."""
        if isinstance(plugin, type):
            raise PluginContractError(f"hooks must be a module or an object, got the class {plugin.__qualname__!r}")
        for attribute in dir(plugin):
            marks = self.parse_hookimpl_opts(plugin, attribute)
            hook = (marks.get("specname") or attribute) if marks is not None else None
            if hook and not marks.get("optionalhook") and not hasattr(self.hook, hook):
                known = sorted(vars(self.hook))
                hint = close_match(hook, known)
                raise PluginContractError(f"there is no hook {hook!r}{hint}; the hooks are {', '.join(known)}")
        asked = name or self._name(plugin)
        if self.is_registered(plugin) or self.has_plugin(asked or self.get_canonical_name(plugin)):
            raise PluginContractError(f"{name or plugin!r} is already registered")
        try:
            given = self.register(plugin, asked)
        except BaseException as error:  # its fletching_start failed, perhaps, after pluggy had stored it
            if self.is_registered(plugin):
                self.unregister(plugin)
            if isinstance(error, pluggy.PluginValidationError):
                raise PluginContractError(str(error)) from error
            raise
        assert given is not None  # only a blocked name gives None, and this class blocks none
        return given

    def _name(self, plugin: Any) -> str | None:
        """Return a name that a message may show, where pluggy would take a number: the class of an object."""
        if hasattr(plugin, "__name__") or self.is_registered(plugin):
            return None
        kind = f"{type(plugin).__module__}.{type(plugin).__qualname__}"
        return kind if not self.has_plugin(kind) else f"{kind} at {id(plugin):#x}"

    def implemented(self) -> frozenset[str]:
        """Return the hooks that somebody other than core implements."""
        return frozenset(
            name
            for name, caller in vars(self.hook).items()
            if any(not isinstance(one.plugin, Builtin) for one in caller.get_hookimpls())
        )


def report(
    outcome: pluggy.Result[Any], hook_name: str, hook_impls: Sequence[pluggy.HookImpl], kwargs: Mapping[str, Any]
) -> None:
    """Print one hook call, who could answer and what came of it; secrets replaced."""
    import reprlib

    from fletching.security import redact

    short = reprlib.Repr()
    short.maxstring = short.maxother = 120

    asked = ", ".join(f"{name}={short.repr(value)}" for name, value in kwargs.items())
    who = ", ".join(one.plugin_name for one in reversed(hook_impls))
    error = outcome.exception
    result = short.repr(outcome.get_result()) if error is None else f"raised {type(error).__name__}: {error}"
    sys.stderr.write(redact(f"fletching: {hook_name}({asked}) by [{who}] -> {result}") + "\n")
