"""Sensors: map_task with partial, bound values, concurrency and min_success_ratio, then a reduction."""

import functools
from typing import List, Optional

from flytekit import Resources, map_task, task, workflow


@task
def calibrate(raw: float, gain: float, offset: float) -> float:
    return round(raw * gain + offset, 4)


@task
def risky(value: float) -> float:
    if value < 0:
        raise ValueError("below zero")
    return value**0.5


@task
def keep(values: List[Optional[float]]) -> List[float]:
    return [value for value in values if value is not None]


@task
def spread(values: List[float]) -> float:
    return round(max(values) - min(values), 4)


@workflow
def calibrated(raws: List[float], gain: float = 2.0) -> List[float]:
    one = functools.partial(calibrate, gain=gain, offset=0.5)
    return map_task(one, concurrency=2)(raw=raws)


@workflow
def whole(raws: List[float]) -> float:
    values = calibrated(raws=raws)
    return spread(values=values)


@workflow
def roots(values: List[float]) -> List[float]:
    found = map_task(risky, min_success_ratio=0.5)(value=values).with_overrides(
        requests=Resources(mem="100Mi"),
    )
    return keep(values=found)


if __name__ == "__main__":
    print(calibrated(raws=[1.0, 2.5, -4.0]))
    print(whole(raws=[1.0, 2.5, -4.0]))
    print(roots(values=[4.0, 9.0, -1.0]))
    print(map_task(functools.partial(calibrate, gain=1.0, offset=1.0))(raw=[0.0, 1.0]))
