"""The first result of a fresh process: import, define, call."""

import fletching


@fletching.task
def add(a: int, b: int) -> int:
    return a + b


assert add(1, 2) == 3
