"""Dataframes and datasets, with columns and without."""

import typing
from typing import Annotated

import pandas

from sdk import StructuredDataset, kwtypes, task, workflow


@task
def frame() -> pandas.DataFrame:
    return pandas.DataFrame()


@task
def dataset(a: StructuredDataset) -> StructuredDataset:
    return a


@task
def columns(
    a: Annotated[StructuredDataset, kwtypes(x=int, y=str)], b: Annotated[pandas.DataFrame, kwtypes(x=float)]
) -> Annotated[pandas.DataFrame, kwtypes(z=typing.List[int])]:
    return b


@workflow
def flow() -> StructuredDataset:
    return dataset(a=dataset(a=StructuredDataset(uri="s3://bucket/set", file_format="parquet")))
