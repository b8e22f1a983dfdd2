"""Documentation of workflows."""

from sdk import Description, Documentation, task, workflow


@task
def add(a: int, b: int) -> int:
    return a + b


@workflow
def documented(a: int, b: int) -> int:
    """Adds.

    A longer text.

    Args:
        a: the first
        b: the second

    Returns:
        the sum
    """
    return add(a=a, b=b)


@workflow
def rest(a: int) -> int:
    """Adds in reST.

    :param a: the only one
    :return: the sum
    """
    return add(a=a, b=1)


@workflow(docs=Documentation(short_description="given"))
def given(a: int) -> int:
    return add(a=a, b=2)


@workflow(docs=Documentation(long_description=Description(value="long, given")))
def both(a: int) -> int:
    """One line."""
    return add(a=a, b=3)
