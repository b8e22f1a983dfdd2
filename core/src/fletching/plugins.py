"""The plugin manager: who provides a name, and whose hooks run."""

from __future__ import annotations

from _thread import RLock, get_ident  # threading costs half a millisecond to import and adds nothing here
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fletching.blocking import Blocked, PluginInfo, flag, judge
from fletching.builtin import Builtin
from fletching.errors import ConfigError, FletchingError, PluginError, close_match
from fletching.installed import KINDS, Installed, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    import pluggy
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from fletching.context import Execution
    from fletching.installed import EntryPoint
    from fletching.metadata import TaskMetadata
    from fletching.relay import Relay
    from fletching.python_task import PythonTask

__all__ = ["PluginInfo", "PluginManager", "manager", "on_change", "use_manager"]

HOOKS = frozenset(
    {
        "fletching_around_execution",
        "fletching_provide",
        "fletching_start",
        "fletching_task_metadata",
        "fletching_task_template",
    }
)
"""Every hook by name; `fletching.hookspecs` says what each means and is too costly to ask."""


class PluginManager:
    """Answers who provides a name of a kind, and calls the hooks.

    The process has one, `manager()`; a test makes its own. Threads may share it.

    Args:
        block: names or distributions not to use, or ``*`` for all that is not core; default ``FLETCHING_BLOCK``.
        strict: raise where a plugin that nobody asked for by name would be skipped; default ``FLETCHING_STRICT``.
        trace: print each hook call to stderr; default ``FLETCHING_TRACE``.
        discover: False ignores what is installed.
        installed: use this snapshot and never look again.
    """

    def __init__(
        self,
        *,
        block: str | Iterable[str] | None = None,
        strict: bool | None = None,
        trace: bool | None = None,
        discover: bool = True,
        installed: Installed | None = None,
    ) -> None:
        self.blocked = Blocked(block)
        """What is switched off."""
        self.strict = flag("FLETCHING_STRICT", strict)
        """Whether a broken hooks module raises."""
        self.trace = flag("FLETCHING_TRACE", trace)
        """Whether hook calls are printed."""
        self._fixed = installed is not None or not discover
        self._installed = installed if installed is not None else None if discover else Installed()
        self._builtin = Builtin(self)
        self._given: dict[tuple[str, str], list[Any]] = {}
        self._kept: dict[tuple[str, str], Any] = {}
        self._configs: dict[type, type[PythonTask[Any]]] = {}
        self._relay: Relay | None = None
        self._registering = RLock()
        # Imports are made without that lock: another thread may hold an import lock and wait for us.
        self._loading: set[int] = set()
        self._settled: set[str] = set()
        self._loaded = False
        self._implemented: frozenset[str] | None = None

    # What is installed

    def installed(self, *, thorough: bool = False) -> Installed:
        """Return what is installed, as this manager last saw it; ``thorough`` looks again, at everything."""
        found = self._installed
        if found is None or (thorough and not self._fixed):
            found = self._installed = read(thorough=thorough)
        return found

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of a kind that are installed or provided, and not blocked. Imports no plugin."""
        known_kind(kind)
        snapshot = self.installed()
        if self.blocked:
            found = {entry.name for entry in snapshot.of(kind) if not self.blocked.word(entry)}
        else:
            found = set(snapshot.names(kind))
        found.update(name for given_kind, name in self._given if given_kind == kind)
        return tuple(sorted(found))

    def entries(self, *, thorough: bool = False) -> tuple[PluginInfo, ...]:
        """Return every installed entry point with its state. Imports no plugin."""
        snapshot = self.installed(thorough=thorough)
        claims: dict[tuple[str, str], list[EntryPoint]] = {}
        for entry in snapshot.entries():
            claims.setdefault((entry.kind, entry.name), []).append(entry)
        return tuple(info for found in claims.values() for info in judge(found, self.blocked, snapshot.core_version))

    # What is chosen by name

    def find(self, kind: str, name: str) -> Any:
        """Return what provides a name, or None if nobody does.

        Asks, in this order: what was provided in this process, what was found before, the hook
        ``fletching_provide``, the one entry point of that name. Raises a `PluginError` if something provides the
        name and cannot be used.
        """
        known_kind(kind)
        key = kind, name
        if given := self._given.get(key):
            return given[-1]
        found = self._kept.get(key)
        if found is not None:
            return found
        # A word in the block list is the user's last word on a name, whoever would answer to it.
        if self.blocked.names(name) or self._direct("fletching_provide"):
            found = self._builtin.fletching_provide(kind, name)
        else:
            found = self._call("fletching_provide", kind=kind, name=name)
        if found is None:
            return None
        from fletching.loading import check

        check(kind, name, found, self._source(kind, name))
        return self._kept.setdefault(key, found)

    def load(self, kind: str, name: str) -> Any:
        """Return what provides a name; raise `UnknownPluginError`, with what to do, if nobody does."""
        found = self.find(kind, name)
        if found is None and not self._fixed:
            # Before saying that something is not installed, look again: it may be new.
            self.installed(thorough=True)
            found = self.find(kind, name)
        if found is None:
            raise self._unknown(kind, name)
        return found

    def provide(self, kind: str, name: str, found: Any) -> Callable[[], None]:
        """Answer for a name in this process, before every plugin, and return the function that undoes it.

        Of several answers for one name the latest counts.
        """
        from fletching.loading import check

        known_kind(kind)
        check(kind, name, found, "this process")
        stack = self._given.setdefault((kind, name), [])
        stack.append(found)

        def undo() -> None:
            for position, one in enumerate(stack):
                if one is found:
                    del stack[position]
                    break
            if not stack and self._given.get((kind, name)) is stack:
                del self._given[kind, name]

        return undo

    def task_class_for(self, config: object) -> type[PythonTask[Any]] | None:
        """Return the task class that handles a config; None for None, `ConfigError` if nothing handles it.

        The first class in the config's line of bases decides that was registered by hand or names a ``task_type``.
        """
        if config is None:
            return None
        found = self.task_class_of(type(config))
        if found is None:
            raise unhandled(config, self.names("tasks"))
        return found

    def task_class_of(self, config_type: type) -> type[PythonTask[Any]] | None:
        """Return the task class that handles the configs of a class, or None if it names no ``task_type``."""
        for step in config_type.__mro__:
            by_hand = self._configs.get(step)
            if by_hand is not None:
                return by_hand
            word = vars(step).get("task_type")
            if isinstance(word, str) and word:
                found: type[PythonTask[Any]] = self.load("tasks", word)
                return found
        return None

    def register_config(self, config_type: type, task_class: type[PythonTask[Any]]) -> None:
        """Make ``task_class`` handle configs of a class that names no ``task_type``.

        The same pair again does nothing; another class for a known config is a `PluginContractError`.
        """
        from fletching.errors import PluginContractError
        from fletching.loading import check

        if not isinstance(config_type, type):
            raise PluginContractError(f"the config type must be a class, got {config_type!r}")
        check("tasks", config_type.__name__, task_class, "this process")
        known = self._configs.get(config_type)
        word = vars(config_type).get("task_type")
        if known is None and isinstance(word, str) and word:
            known = self.find("tasks", word)
        if known is not None and known is not task_class:
            raise PluginContractError(
                f"config {config_type.__qualname__!r} is already handled by {known.__qualname__!r}; "
                f"{task_class.__qualname__!r} cannot take it over"
            )
        self._configs[config_type] = task_class

    # What touches every task

    @property
    def hook(self) -> pluggy.HookRelay:
        """The hooks, each a function to call by keyword. Loads all installed hooks modules at first use."""
        return self._ready().hook

    def register(self, plugin: object, name: str | None = None) -> str:
        """Register a module or an object that implements hooks, and return the name it got."""
        relay = self._made()
        with self._registering:
            given = relay.add(plugin, name)
            self._implemented = None
        _tell_watchers()
        return given

    def unregister(self, plugin: object) -> None:
        """Take back what `register` did; a plugin that is not registered is left alone."""
        relay = self._made()
        with self._registering:
            if relay.is_registered(plugin):
                relay.unregister(plugin)
                self._implemented = None
        _tell_watchers()

    def has_hooks(self, hook: str) -> bool:
        """Tell whether anything but core could implement a hook. Loads nothing, not even pluggy."""
        implemented = self._implemented
        if implemented is None:
            if not self._loaded and any(not self.blocked.word(entry) for entry in self.installed().of("hooks")):
                implemented = HOOKS
            else:
                implemented = frozenset() if self._relay is None else self._relay.implemented()
            self._implemented = implemented
        return hook in implemented

    def task_metadata(self, name: str, config: object, metadata: TaskMetadata) -> TaskMetadata:
        """Return the metadata a new task gets, after every plugin had its say."""
        if self._direct("fletching_task_metadata"):
            return self._builtin.fletching_task_metadata(metadata)
        found = self._call("fletching_task_metadata", name=name, config=config, metadata=metadata)
        return self._same_kind("fletching_task_metadata", metadata, found)

    def task_template(self, task: PythonTask[Any], template: TaskTemplate) -> TaskTemplate:
        """Return the template to serialize for a task, after every plugin had its say."""
        if self._direct("fletching_task_template"):
            return self._builtin.fletching_task_template(template)
        found = self._call("fletching_task_template", task=task, template=template)
        return self._same_kind("fletching_task_template", template, found)

    def around_execution(self, execution: Execution) -> list[AbstractContextManager[object]]:
        """Return the context managers to enter before an attempt, the outermost first."""
        if self._direct("fletching_around_execution"):
            return []
        found = []
        for one in self._call("fletching_around_execution", execution=execution):
            if not (hasattr(type(one), "__enter__") and hasattr(type(one), "__exit__")):
                from fletching.errors import PluginContractError

                raise PluginContractError(
                    f"hook fletching_around_execution must return a context manager or None, got {type(one).__qualname__} "
                    f"from one of {self._implementers('fletching_around_execution')}"
                )
            found.append(one)
        return found

    # Inside

    def _direct(self, hook: str) -> bool:
        """Tell whether core's own answer can be asked without the relay."""
        return not self.trace and not self.has_hooks(hook)

    def _call(self, hook: str, **arguments: object) -> Any:
        try:
            return getattr(self.hook, hook)(**arguments)
        except FletchingError:
            raise
        except Exception as error:
            error.add_note(f"raised in hook {hook}, implemented by {self._implementers(hook)}")
            raise

    def _implementers(self, hook: str) -> str:
        return ", ".join(sorted(one.plugin_name for one in getattr(self._made().hook, hook).get_hookimpls()))

    def _same_kind(self, hook: str, asked: Any, found: Any) -> Any:
        if isinstance(found, type(asked)):
            return found
        from fletching.errors import PluginContractError

        raise PluginContractError(
            f"hook {hook} must return a {type(asked).__qualname__}, got {type(found).__qualname__} "
            f"from one of {self._implementers(hook)}"
        )

    def _made(self) -> Relay:
        if self._relay is None:
            from fletching.relay import Relay

            with self._registering:
                if self._relay is None:
                    self._relay = Relay(self, self._builtin, trace=self.trace)
        return self._relay

    def _ready(self) -> Relay:
        relay = self._made()
        me = get_ident()
        if not self._loaded and me not in self._loading:  # a hooks module may call hooks while it is imported
            self._loading.add(me)
            try:
                for entry in self.installed().of("hooks"):
                    self._add_hooks(relay, entry)
                self._loaded, self._implemented = True, None
                _tell_watchers()
            finally:
                self._loading.discard(me)
        return relay

    def _add_hooks(self, relay: Relay, entry: EntryPoint) -> None:
        from fletching.blocking import choose
        from fletching.loading import broken, explain, load

        label = f"{entry.distribution.name}:{entry.name}"
        if label in self._settled or self.blocked.word(entry):
            return
        failure: PluginError
        try:
            choose((entry,), self.blocked, self.installed().core_version)
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
        except BaseException as error:  # its fletching_start may do anything, too
            failure = broken(entry, explain(error, entry.value, entry.distribution.name))
            failure.__cause__ = error
        if self.strict:
            raise failure
        with self._registering:
            if label in self._settled:
                return
            self._settled.add(label)
        import warnings

        from fletching.errors import PluginWarning

        warnings.warn(f"hooks of {entry.distribution} were skipped: {failure}", PluginWarning, stacklevel=2)

    def _source(self, kind: str, name: str) -> str:
        found = self.installed().find(kind, name)
        return " and ".join(str(entry.distribution) for entry in found) or "a plugin"

    def _unknown(self, kind: str, name: str) -> PluginError:
        from fletching import errors, official

        error = errors.UnknownTaskTypeError if kind == "tasks" else errors.UnknownPluginError
        text = f"nothing installed provides {KINDS[kind]} {name!r}"
        known = official.by_entry(kind, name)
        if known is not None:
            return error(f"{text}; pip install {known.distribution}")
        hint = close_match(name, {*self.names(kind), *official.entry_names(kind)})
        return error(f"{text}{hint}" if hint else f"{text}; fletch plugins lists what is installed")


def known_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ConfigError(f"there is no kind of plugin {kind!r}{close_match(kind, KINDS)}; the kinds are {', '.join(KINDS)}")


def unhandled(config: object, known: Iterable[str]) -> ConfigError:
    """Return the error for a config that no task class handles."""
    if isinstance(config, type):
        name = config.__qualname__
        return ConfigError(f"task_config got the class {name!r} itself; pass an instance: {name}(...)")
    kind = type(config)
    return ConfigError(
        f"no task type handles a task_config of type {f'{kind.__module__}.{kind.__qualname__}'!r}: the class names no "
        f"task_type, and was not registered with TaskPlugins; installed task types: {', '.join(known) or 'none'}"
    )


_watchers: list[Callable[[], None]] = []


def on_change(callback: Callable[[], None]) -> None:
    """Have ``callback`` called whenever who implements a hook may have changed, for as long as the process lives."""
    _watchers.append(callback)


def _tell_watchers() -> None:
    for callback in tuple(_watchers):
        callback()


_process: PluginManager | None = None
_making = RLock()


def manager() -> PluginManager:
    """Return the manager of this process, made at first use."""
    global _process
    if _process is None:
        with _making:
            if _process is None:
                _process = PluginManager()
    return _process


@contextmanager
def use_manager(other: PluginManager) -> Iterator[PluginManager]:
    """Make ``other`` the manager of this process for the time of a ``with`` block, in all threads."""
    global _process
    before, _process = _process, other
    try:
        _tell_watchers()
        yield other
    finally:
        _process = before
        _tell_watchers()
