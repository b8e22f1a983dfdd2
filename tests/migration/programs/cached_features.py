"""Feature store: caching by version, a Cache object, ignored inputs, hashes of frames in Annotated."""

from typing import List

import pandas as pd
from flytekit import Cache, HashMethod, task, workflow
from typing_extensions import Annotated

CALLS: List[str] = []


def digest(frame: pd.DataFrame) -> str:
    return str(int(pd.util.hash_pandas_object(frame).sum() % 10**12))


@task(cache=True, cache_version="features-3", cache_serialize=True)
def columns_of(count: int) -> List[str]:
    CALLS.append("columns_of")
    return [f"f{number}" for number in range(count)]


@task(cache=Cache(version="2.1", ignored_inputs=("verbose",)))
def shout(names: List[str], verbose: bool) -> List[str]:
    CALLS.append("shout")
    return [name.upper() for name in names]


@task
def table(names: List[str], rows: int) -> Annotated[pd.DataFrame, HashMethod(digest)]:
    return pd.DataFrame({name: [float(row) for row in range(rows)] for name in names})


@task(cache=Cache(version="1"))
def mean_of(frame: pd.DataFrame) -> float:
    CALLS.append("mean_of")
    return float(frame.to_numpy().mean())


@workflow
def features(count: int, rows: int, verbose: bool = False) -> float:
    names = shout(names=columns_of(count=count), verbose=verbose)
    return mean_of(frame=table(names=names, rows=rows))


if __name__ == "__main__":
    print(features(count=3, rows=5))
    print(sorted(set(CALLS)))
    print(features(count=3, rows=5, verbose=True))
    print(len(CALLS) <= 4)
