"""How a task is turned into words of a command line, and found again from them in another process."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from fletching.errors import ResolverError, close_match
from fletching.located import Located, module_name, wire_module

if TYPE_CHECKING:
    from fletching.python_task import PythonTask
    from fletching.settings import SerializationSettings

__all__ = [
    "ClassStorageTaskResolver",
    "DefaultNotebookTaskResolver",
    "DefaultTaskResolver",
    "TaskResolverMixin",
    "default_notebook_task_resolver",
    "default_task_resolver",
    "load_object_from_module",
    "load_resolver",
]

FLYTEKITS = {
    "flytekit.core.python_auto_container.default_task_resolver": "default_task_resolver",
    "flytekit.core.python_auto_container.default_notebook_task_resolver": "default_notebook_task_resolver",
}
"""Resolvers that a command written by flytekit names, and what they are called here."""

FLYTEKITS_MAPS = "flytekit.core.array_node_map_task.ArrayNodeMapTaskResolver"


class TaskResolverMixin(ABC):
    """Turns a task into words at registration and words into the task where it runs.

    An instance lives in a variable of an importable module; its `location` names that variable.
    """

    @property
    @abstractmethod
    def location(self) -> str:
        """Dotted path of this instance, written into the container's command."""

    def name(self) -> str:
        """Return a name for messages; that of the class if nothing else is said."""
        return type(self).__name__

    @abstractmethod
    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:
        """Return the task that ``loader_args`` stand for.

        Raises:
            ResolverError: there is none.
        """

    @abstractmethod
    def loader_args(self, settings: SerializationSettings | None, t: PythonTask[Any]) -> list[str]:
        """Return the words by which `load_task` finds ``t``.

        Raises:
            ResolverError: it cannot be found from another process.
        """

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        """Return the tasks this resolver knows without being asked for them by name.

        Raises:
            ResolverError: it knows none, as most don't.
        """
        raise ResolverError(
            f"the resolver {self.name()} finds a task by its words only; ask the module that defines it"
        )

    def task_name(self, t: PythonTask[Any]) -> str | None:
        """Return a name to use instead of the task's own, or None."""
        return None


def load_object_from_module(location: str) -> Any:
    """Import ``a.b`` and return its attribute ``c``, for a location ``a.b.c``; ``a.__init__`` is the package ``a``.

    Raises:
        ResolverError: the module or the attribute does not exist. An error inside the module comes out unchanged.
    """
    import importlib

    module_path, _, attribute = location.rpartition(".")
    # Not a second time, as another module: Python imports a package by its name.
    module_path = module_path.removesuffix(".__init__")
    if not module_path:
        raise ResolverError(f"expected 'module.attribute', got {location!r}")
    try:
        module = importlib.import_module(module_path)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_path + ".").startswith(error.name + "."):
            raise  # the module exists, and something that it imports does not
        raise ResolverError(
            f"module {module_path!r} of {location!r} cannot be found; is its folder on sys.path?"
        ) from error
    try:
        return getattr(module, attribute)
    except AttributeError:
        hint = close_match(attribute, vars(module))
        raise ResolverError(f"module {module_path!r} has no {attribute!r}{hint}") from None


def load_resolver(location: str) -> TaskResolverMixin:
    """Return the resolver that a command names: an instance, or a class that is called to make one.

    The names of flytekit's own stand for ours, so that a task that was registered with it runs here.

    Raises:
        ResolverError: there is none.
    """
    if location in FLYTEKITS:
        location = f"{__name__}.{FLYTEKITS[location]}"
    if location == FLYTEKITS_MAPS:
        from fletching.plugins import manager

        found = manager().load("tasks", "map").resolver_type
    else:
        found = load_object_from_module(location)
    resolver = found() if isinstance(found, type) else found
    if not isinstance(resolver, TaskResolverMixin):
        raise ResolverError(f"{location} is {_kind_of(resolver)}, not a task resolver")
    return resolver


class ClassStorageTaskResolver(Located, TaskResolverMixin):
    """Finds a task by its number among those that were added, for tasks that no variable of a module holds.

    Keep it in a module-level variable, and add the same tasks in the same order wherever the module is imported.
    """

    def __init__(self) -> None:
        self._tasks: list[PythonTask[Any]] = []
        self._locate()

    def name(self) -> str:
        return type(self).__name__

    def add(self, t: PythonTask[Any]) -> None:
        """Take a task; its number is how many were added before."""
        self._tasks.append(t)

    def loader_args(self, settings: SerializationSettings | None, t: PythonTask[Any]) -> list[str]:
        for number, task in enumerate(self._tasks):
            if task is t:
                return [str(number)]
        raise ResolverError(f"{t.name!r} was not added to the resolver {self.location!r}")

    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:
        if len(loader_args) != 1 or not loader_args[0].isdecimal():
            raise ResolverError(f"expected the number of a task, got {loader_args!r}")
        number = int(loader_args[0])
        if number >= len(self._tasks):
            raise ResolverError(
                f"there is no task {number}: {len(self._tasks)} were added; does this code add the same tasks as the "
                "code that was registered?"
            )
        return self._tasks[number]

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        return list(self._tasks)


class DefaultTaskResolver(TaskResolverMixin):
    """Finds a task by its module and the variable or function name that holds it there."""

    @property
    def location(self) -> str:
        return f"{__name__}.default_task_resolver"

    def name(self) -> str:
        return "DefaultTaskResolver"

    def loader_args(self, settings: SerializationSettings | None, t: PythonTask[Any]) -> list[str]:
        function = getattr(t, "task_function", None)
        if function is None or not hasattr(function, "__name__"):  # none, or an object that can be called
            return ["task-module", wire_module(t.instantiated_in), "task-name", t.lhs]
        module, variable = module_name(function), str(function.__name__)
        held = getattr(sys.modules.get(module), variable, None)
        if held is not t and isinstance(held, Located):
            # Another task took the function's name; a variable of its own may still hold this one.
            variable = t.find_lhs()
        return ["task-module", wire_module(module), "task-name", variable]

    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:
        if len(loader_args) < 4:
            raise ResolverError(f"expected task-module MODULE task-name NAME, got {loader_args!r}")
        _, module, _, variable = loader_args[:4]
        found = load_object_from_module(f"{module}.{variable}")
        if not isinstance(found, Located):
            raise ResolverError(f"{module}.{variable} is {_kind_of(found)}, not a task")
        return found  # type: ignore[return-value]

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        raise ResolverError("the default resolver finds tasks by name only; ask the module that defines them")


PICKLED_ENTITIES = "pkl.gz"
"""File in the working directory that holds the tasks of a notebook: gzip over cloudpickle."""


class DefaultNotebookTaskResolver(TaskResolverMixin):
    """Finds a task of a notebook, which no other process can import, in a file that travels with the code."""

    @property
    def location(self) -> str:
        return f"{__name__}.default_notebook_task_resolver"

    def name(self) -> str:
        return "DefaultNotebookTaskResolver"

    def loader_args(self, settings: SerializationSettings | None, t: PythonTask[Any]) -> list[str]:
        return ["entity-name", t.name]

    def dump_tasks(self, tasks: list[PythonTask[Any]], path: str = PICKLED_ENTITIES) -> None:
        """Write ``tasks`` to the file that `load_task` reads."""
        import gzip

        import cloudpickle

        entities = {task.name: task for task in tasks}
        content = {"python": list(sys.version_info[:2]), "entities": cloudpickle.dumps(entities, protocol=5)}
        with gzip.open(path, "wb") as file:
            file.write(cloudpickle.dumps(content, protocol=5))

    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:
        import gzip
        import pickle

        if len(loader_args) != 2:
            raise ResolverError(f"expected entity-name NAME, got {loader_args!r}")
        try:
            with gzip.open(PICKLED_ENTITIES, "rb") as file:
                content = pickle.loads(file.read())  # noqa: S301 - the file travels with the user's own code
        except FileNotFoundError:
            raise ResolverError(f"no {PICKLED_ENTITIES!r} in the working directory; dump_tasks() writes it") from None
        made, here = tuple(content["python"]), tuple(sys.version_info[:2])
        if made != here:
            raise ResolverError(f"the notebook's tasks were made by Python {made}, this is {here}; use the same one")
        entities: dict[str, PythonTask[Any]] = pickle.loads(content["entities"])  # noqa: S301 - as above
        try:
            return entities[loader_args[1]]
        except KeyError:
            hint = close_match(loader_args[1], entities)
            raise ResolverError(f"{PICKLED_ENTITIES!r} holds no task {loader_args[1]!r}{hint}") from None

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        raise ResolverError("the notebook resolver knows the tasks of its file by name only")


def _kind_of(found: Any) -> str:
    """Return the class of what was found, for a message."""
    package = type(found).__module__.partition(".")[0]
    return f"{type(found).__name__} of {package}" if package in ("flytekit", "flyte") else type(found).__name__


default_task_resolver = DefaultTaskResolver()
"""The resolver of every task that names no other."""

default_notebook_task_resolver = DefaultNotebookTaskResolver()
"""The resolver of tasks that were defined in a notebook."""
