"""What a running task may ask of its context: execution date, working directory, logging, checkpoint."""

import logging

import flytekit
from flytekit import current_context, task, workflow


@task
def facts(name: str) -> str:
    context = current_context()
    context.logging.log(logging.DEBUG, "hello from %s", name)
    moment = context.execution_date
    return f"{name} {moment is not None} {bool(context.working_directory)} {context.execution_id is not None}"


@task
def counted(steps: int) -> int:
    checkpoint = flytekit.current_context().checkpoint
    done = checkpoint.read()
    start = int(done.decode()) if done else 0
    for step in range(start, steps):
        checkpoint.write(f"{step + 1}".encode())
    return steps - start


@task
def stats(count: int) -> int:
    context = current_context()
    with context.stats.timer("loop"):
        for _ in range(count):
            context.stats.incr("rounds")
    return count


@workflow
def ask(name: str) -> (str, int):
    return facts(name=name), stats(count=2)


if __name__ == "__main__":
    print(*ask(name="task"))
    print(counted(steps=3))
