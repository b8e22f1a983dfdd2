"""A docstring in the style of NumPy."""

from sdk import task


@task
def documented(a: int, b: int) -> int:
    """Adds.

    Parameters
    ----------
    a : int
        the first
    b : int
        the second

    Returns
    -------
    int
        the sum
    """
    return a + b


@task
def only_a_line(a: int) -> int:
    """One line only."""
    return a


@task
def some_documented(a: int, b: int) -> int:
    """Some.

    :param b: the second
    """
    return a
