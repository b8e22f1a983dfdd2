"""Meter readings that may be missing: Optional, Union, | None, defaults of None."""

from typing import List, Optional, Union

from flytekit import task, workflow


@task
def parse(text: str) -> Union[int, float, str]:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


@task
def describe(value: Union[int, float, str]) -> str:
    return f"{type(value).__name__}:{value}"


@task
def first_known(values: List[Optional[float]], fallback: Optional[float] = None) -> Optional[float]:
    return next((value for value in values if value is not None), fallback)


@task
def doubled(value: float | None) -> float:
    return 0.0 if value is None else value * 2


@workflow
def read(text: str) -> str:
    return describe(value=parse(text=text))


@workflow
def best(values: List[Optional[float]], fallback: Optional[float] = None) -> float:
    return doubled(value=first_known(values=values, fallback=fallback))


if __name__ == "__main__":
    print(read(text="12"), read(text="1.5"), read(text="n/a"))
    print(best(values=[None, 2.5]), best(values=[None]), best(values=[], fallback=8.0))
    print(first_known(values=[None]))
