"""A docstring in the style of reST."""

from sdk import task


@task
def documented(a: int, b: int) -> int:
    """Short line.

    A longer text
    on two lines.

    :param a: the first
    :param b: the second
    :return: the sum
    """
    return a + b
