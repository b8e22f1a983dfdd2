"""ArrayNodeMapTaskResolver: a map task as words of a command line, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ResolverError
from fletching.extend import PythonAutoContainerTask, TaskResolverMixin, default_task_resolver, load_resolver

if TYPE_CHECKING:
    from fletching.extend import PythonTask, SerializationSettings

__all__ = ["ArrayNodeMapTaskResolver"]


class ArrayNodeMapTaskResolver(TaskResolverMixin):
    """Finds a map task by its target: ``vars a,b resolver <the target's resolver> <the target's words>``.

    A command names the class, and whoever reads it calls that.
    """

    @property
    def location(self) -> str:
        return f"{__name__}.{type(self).__name__}"

    def name(self) -> str:
        return type(self).__name__

    def loader_args(self, settings: SerializationSettings | None, t: PythonTask[Any]) -> list[str]:
        from fletching_map.task import ArrayNodeMapTask

        if not isinstance(t, ArrayNodeMapTask):
            raise ResolverError(f"{t.name!r} is no map task")
        target: Any = t.target
        inner = target.task_resolver if isinstance(target, PythonAutoContainerTask) else default_task_resolver
        bound = ",".join(sorted(t.bound_inputs))
        return ["vars", bound, "resolver", inner.location, *inner.loader_args(settings, target)]

    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:
        from fletching_map.task import ArrayNodeMapTask

        if len(loader_args) < 4 or loader_args[0] != "vars" or loader_args[2] != "resolver":
            raise ResolverError(f"expected vars NAMES resolver RESOLVER and the resolver's words, got {loader_args!r}")
        _, bound, _, location, *words = loader_args
        target = load_resolver(location).load_task(words)
        return ArrayNodeMapTask(target, bound_inputs=list(filter(None, bound.split(","))) or None)

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        raise ResolverError("maps are found by the words of a command only")
