"""A task type of one's own: a config class, a task class, TaskPlugins.register_pythontask_plugin."""

import typing
from dataclasses import dataclass

from flytekit import task, workflow
from flytekit.core.python_function_task import PythonFunctionTask
from flytekit.extend import TaskPlugins


@dataclass
class Repeat:
    times: int = 2


class RepeatTask(PythonFunctionTask[Repeat]):
    def __init__(self, task_config: Repeat, task_function: typing.Callable, **kwargs):
        super().__init__(task_config=task_config, task_function=task_function, task_type="repeat", **kwargs)

    def execute(self, **kwargs) -> typing.Any:
        result = None
        for _ in range(self.task_config.times):
            result = super().execute(**kwargs)
        return result

    def get_custom(self, settings) -> typing.Dict[str, typing.Any]:
        return {"times": self.task_config.times}


TaskPlugins.register_pythontask_plugin(Repeat, RepeatTask)

COUNTS: typing.List[str] = []


@task(task_config=Repeat(times=3))
def knock(door: str) -> int:
    COUNTS.append(door)
    return len(COUNTS)


@task
def plain(count: int) -> str:
    return f"{count} knocks"


@workflow
def visit(door: str) -> str:
    return plain(count=knock(door=door))


if __name__ == "__main__":
    print(visit(door="red"))
    print(knock.task_type, knock.task_config.times, knock.get_custom(None))
    print(TaskPlugins.find_pythontask_plugin(Repeat) is RepeatTask)
