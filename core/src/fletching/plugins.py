"""The plugin manager: who provides a name, and whose hooks run."""

from __future__ import annotations

from _thread import RLock  # threading costs half a millisecond to import and adds nothing here
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from fletching.blocking import Blocked, PluginInfo, flag, judge
from fletching.builtin import Builtin
from fletching.errors import ConfigError, PluginContractError, PluginError, close_match
from fletching.hooking import Hooks, on_change, tell
from fletching.installed import KINDS, Installed, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    import pluggy
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from fletching.context import Execution
    from fletching.installed import EntryPoint
    from fletching.metadata import TaskMetadata
    from fletching.python_task import PythonTask

__all__ = ["PluginInfo", "PluginManager", "manager", "on_change", "use_manager"]

T = TypeVar("T")


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
        self._hooks = Hooks(self, self._builtin)

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
        """Return every installed entry point with its state; imports no plugin.

        Args:
            thorough: look again, at everything.
        """
        snapshot = self.installed(thorough=thorough)
        found: list[PluginInfo] = []
        for kind in sorted(snapshot.columns):
            claims: dict[str, list[EntryPoint]] = {}
            for entry in snapshot.of(kind):
                claims.setdefault(entry.name, []).append(entry)
            for claim in claims.values():
                found += judge(claim, self.blocked, snapshot.core_version)
        return tuple(found)

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
        if self.blocked.names(name) or self._hooks.direct("fletching_provide"):
            found = self._builtin.fletching_provide(kind, name)
        else:
            found = self._hooks.call("fletching_provide", kind=kind, name=name)
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
        return self._hooks.ready().hook

    def register(self, plugin: object, name: str | None = None) -> str:
        """Register a module or an object that implements hooks, and return the name it got."""
        return self._hooks.register(plugin, name)

    def unregister(self, plugin: object) -> None:
        """Take back what `register` did; a plugin that is not registered is left alone."""
        self._hooks.unregister(plugin)

    def has_hooks(self, hook: str) -> bool:
        """Tell whether anything but core could implement a hook. Loads nothing, not even pluggy."""
        return self._hooks.may_run(hook)

    def task_metadata(self, name: str, config: object, metadata: TaskMetadata) -> TaskMetadata:
        """Return the metadata a new task gets, after every plugin had its say."""
        if self._hooks.direct("fletching_task_metadata"):
            return self._builtin.fletching_task_metadata(metadata)
        found = self._hooks.call("fletching_task_metadata", name=name, config=config, metadata=metadata)
        return self._same_kind("fletching_task_metadata", metadata, found)

    def task_template(self, task: PythonTask[Any], template: TaskTemplate) -> TaskTemplate:
        """Return the template to serialize for a task, after every plugin had its say."""
        if self._hooks.direct("fletching_task_template"):
            return self._builtin.fletching_task_template(template)
        found = self._hooks.call("fletching_task_template", task=task, template=template)
        return self._same_kind("fletching_task_template", template, found)

    def around_execution(self, execution: Execution) -> list[AbstractContextManager[object]]:
        """Return the context managers to enter before an attempt, the outermost first."""
        hook = "fletching_around_execution"
        if self._hooks.direct(hook):
            return []
        found = []
        for one in self._hooks.call(hook, execution=execution):
            if not (hasattr(type(one), "__enter__") and hasattr(type(one), "__exit__")):
                raise PluginContractError(
                    f"hook {hook} must return a context manager or None, got {type(one).__qualname__} "
                    f"from one of {self._hooks.implementers(hook)}"
                )
            found.append(one)
        return found

    # Inside

    def _same_kind(self, hook: str, asked: T, found: object) -> T:
        if isinstance(found, type(asked)):
            return found
        raise PluginContractError(
            f"hook {hook} must return a {type(asked).__qualname__}, got {type(found).__qualname__} "
            f"from one of {self._hooks.implementers(hook)}"
        )

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
        hint = close_match(kind, KINDS)
        raise ConfigError(f"there is no kind of plugin {kind!r}{hint}; the kinds are {', '.join(KINDS)}")


def unhandled(config: object, known: Iterable[str]) -> ConfigError:
    """Return the error for a config that no task class handles."""
    if isinstance(config, type):
        name = config.__qualname__.rpartition("<locals>.")[2]
        return ConfigError(f"task_config got the class {name!r} itself; pass an instance: {name}(...)")
    kind = type(config)
    return ConfigError(
        f"no task type handles a task_config of type {f'{kind.__module__}.{kind.__qualname__}'!r}: the class names no "
        f"task_type, and was not registered with TaskPlugins; installed task types: {', '.join(known) or 'none'}"
    )


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
        tell()
        yield other
    finally:
        _process = before
        tell()
