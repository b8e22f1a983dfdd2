"""Whose hooks run: loading the hooks modules once, registering by hand, asking without pluggy where nobody answers."""

from __future__ import annotations

from _thread import RLock, get_ident  # threading costs half a millisecond to import and adds nothing here
from typing import TYPE_CHECKING, Any

from fletching.errors import FletchingError, PluginError
from fletching.installed import unchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.builtin import Builtin
    from fletching.installed import EntryPoint
    from fletching.plugins import PluginManager
    from fletching.relay import Relay

__all__ = ["HOOKS", "Hooks", "on_change", "tell"]

HOOKS = frozenset(
    {
        "fletching_around_execution",
        "fletching_provide",
        "fletching_start",
        "fletching_task_metadata",
        "fletching_task_template",
    }
)
"""Every hook by name; `fletching.hookspecs` says what each means, and costs pluggy to ask."""


_watchers: list[Callable[[], None]] = []


def on_change(callback: Callable[[], None]) -> None:
    """Have ``callback`` called whenever who implements a hook may have changed, for as long as the process lives."""
    _watchers.append(callback)


def tell() -> None:
    """Call everyone who asked to know of a change."""
    for callback in tuple(_watchers):
        callback()


class Hooks:
    """The hook side of one plugin manager."""

    def __init__(self, manager: PluginManager, builtin: Builtin) -> None:
        self._manager = manager
        self._builtin = builtin
        self._relay: Relay | None = None
        # Imports are made without this lock: another thread may hold an import lock and wait for us.
        self._registering = RLock()
        self._loading: set[int] = set()
        self._settled: set[str] = set()
        self._loaded = False
        self._implemented: frozenset[str] | None = None

    def may_run(self, hook: str) -> bool:
        """Tell whether anything but core could implement a hook. Loads nothing, not even pluggy."""
        implemented = self._implemented
        if implemented is None:
            manager = self._manager
            if not self._loaded and any(not manager.blocked.word(one) for one in manager.installed().of("hooks")):
                implemented = HOOKS
            else:
                implemented = frozenset() if self._relay is None else self._relay.implemented()
            self._implemented = implemented
        return hook in implemented

    def direct(self, hook: str) -> bool:
        """Tell whether core's own answer can be asked without the relay."""
        return not self._manager.trace and not self.may_run(hook)

    def call(self, hook: str, **arguments: object) -> Any:
        """Call a hook; an error of a plugin comes out as it is, with a note."""
        try:
            return getattr(self.ready().hook, hook)(**arguments)
        except FletchingError:
            raise
        except Exception as error:
            error.add_note(f"raised in hook {hook}, implemented by {self.implementers(hook)}")
            raise

    def implementers(self, hook: str) -> str:
        """Return who implements a hook, for messages."""
        return ", ".join(sorted(one.plugin_name for one in getattr(self.made().hook, hook).get_hookimpls()))

    def register(self, plugin: object, name: str | None) -> str:
        """Register a plugin whole or not at all, and return the name it got."""
        relay = self.made()
        with self._registering:
            given = relay.add(plugin, name)
            self._implemented = None
        tell()
        return given

    def unregister(self, plugin: object) -> None:
        """Take a plugin out, if it is in."""
        relay = self.made()
        with self._registering:
            if relay.is_registered(plugin):
                relay.unregister(plugin)
                self._implemented = None
        tell()

    def made(self) -> Relay:
        """Return the relay, made at first use, without loading anyone's hooks."""
        if self._relay is None:
            from fletching.relay import Relay

            with self._registering:
                if self._relay is None:
                    self._relay = Relay(self._manager, self._builtin, trace=self._manager.trace)
        return self._relay

    def ready(self) -> Relay:
        """Return the relay with every installed hooks module loaded, once."""
        relay = self.made()
        me = get_ident()
        if not self._loaded and me not in self._loading:  # a hooks module may call hooks while it is imported
            self._loading.add(me)
            try:
                found = self._manager.installed().of("hooks")
                if not all(unchanged(entry.distribution) for entry in found):
                    found = self._manager.installed(thorough=True).of("hooks")
                for entry in found:
                    self._add(relay, entry)
                self._loaded, self._implemented = True, None
                tell()
            finally:
                self._loading.discard(me)
        return relay

    def _add(self, relay: Relay, entry: EntryPoint) -> None:
        from fletching.blocking import choose
        from fletching.loading import broken, explain, load

        manager = self._manager
        label = f"{entry.distribution.name}:{entry.name}"
        if label in self._settled or manager.blocked.word(entry):
            return
        failure: PluginError
        try:
            choose((entry,), manager.blocked, manager.installed().core_version)
            plugin = load(entry)
            with self._registering:
                if label not in self._settled:
                    relay.add(plugin, label)
                    self._settled.add(label)
            return
        except KeyboardInterrupt:
            raise
        except PluginError as error:
            failure = error
        except BaseException as error:  # noqa: BLE001 - its fletching_start may do anything, too
            failure = broken(entry, explain(error, entry.value, entry.distribution.name))
            failure.__cause__ = error
        if manager.strict:
            raise failure
        with self._registering:
            if label in self._settled:
                return
            self._settled.add(label)
        import warnings

        from fletching.errors import PluginWarning

        warnings.warn(f"hooks of {entry.distribution} were skipped: {failure}", PluginWarning, stacklevel=2)
