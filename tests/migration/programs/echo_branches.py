"""Values that pass through: Echo in a workflow and as a branch."""

from flytekit import conditional, kwtypes, task, workflow
from flytekit.core.task import Echo

same = Echo(name="same", inputs=kwtypes(a=int))
pair = Echo(name="pair", inputs=kwtypes(a=int, b=str))


@task
def double(a: int) -> int:
    return a * 2


@workflow
def maybe(a: int) -> int:
    return conditional("maybe").if_(a > 10).then(same(a=a)).else_().then(double(a=a))


@workflow
def both(a: int, b: str) -> (int, str):
    return pair(a=a, b=b)


if __name__ == "__main__":
    print(maybe(a=4), maybe(a=40))
    print(*both(a=1, b="x"))
    print(same.task_type)
