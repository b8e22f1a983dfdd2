"""A registry of tasks made at run time: a TaskResolverMixin of one's own, loader arguments, loading again."""

import typing

from flytekit import task, workflow
from flytekit.core.base_task import TaskResolverMixin
from flytekit.core.python_function_task import PythonFunctionTask


class Registry(TaskResolverMixin):
    def __init__(self):
        self.made: typing.List[PythonFunctionTask] = []
        super().__init__()

    @property
    def location(self) -> str:
        return f"{__name__}.registry"

    def name(self) -> str:
        return "registry"

    def load_task(self, loader_args: typing.List[str]):
        return self.made[int(loader_args[0])]

    def loader_args(self, settings, task) -> typing.List[str]:
        return [str(self.made.index(task))]

    def get_all_tasks(self):
        return self.made

    def make(self, fn) -> PythonFunctionTask:
        made = PythonFunctionTask(task_config=None, task_function=fn, task_resolver=self)
        self.made.append(made)
        return made


registry = Registry()


def square(value: int) -> int:
    return value * value


square_task = registry.make(square)


@task
def text(value: int) -> str:
    return f"<{value}>"


@workflow
def squared(value: int) -> str:
    return text(value=square_task(value=value))


if __name__ == "__main__":
    print(squared(value=9))
    arguments = registry.loader_args(None, square_task)
    print(arguments, registry.load_task(arguments) is square_task, len(registry.get_all_tasks()))
