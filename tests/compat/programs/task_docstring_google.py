"""A docstring in the style of Google, for two outputs."""

import typing

from sdk import task


@task
def documented(a: int, b: typing.List[str]) -> typing.Tuple[int, str]:
    """Counts what it gets.

    Longer words about
    the same.

    Args:
        a: the first, which has a text
            of two lines
        b (List[str]): the second

    Returns:
        the sum of both
    """
    return a + len(b), ""
