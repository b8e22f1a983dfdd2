"""Tasks that no variable holds, found by number."""

from sdk import ClassStorageTaskResolver, PythonFunctionTask, workflow

storage = ClassStorageTaskResolver()


def made(factor):
    def scaled(a: int) -> int:
        return a * factor

    scaled.__name__ = scaled.__qualname__ = f"scaled{factor}"
    task = PythonFunctionTask(None, scaled, task_resolver=storage)
    storage.add(task)
    return task


tasks = {factor: made(factor) for factor in (2, 3, 5)}


@workflow
def flow(a: int) -> int:
    return tasks[5](a=tasks[3](a=tasks[2](a=a)))
