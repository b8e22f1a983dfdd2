"""Order without values, and nodes made by hand."""

from sdk import create_node, task, workflow


@task
def first() -> None: ...


@task
def second(a: int) -> int:
    return a


@workflow
def shifts() -> None:
    x = first()
    y = first()
    z = first()
    x >> y >> z


@workflow
def values(a: int) -> int:
    x = second(a=a)
    y = second(a=a)
    y >> x
    return x


@workflow
def created(a: int) -> int:
    one = create_node(first)
    two = create_node(second, a=a)
    one >> two
    three = create_node(second, a=two.o0)
    return three.o0


@workflow
def runs_before(a: int) -> int:
    one = create_node(first)
    two = create_node(second, a=a)
    one.runs_before(two)
    return two.o0
