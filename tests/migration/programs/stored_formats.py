"""Datasets in files: StructuredDataset with a format and an address, chosen columns, pandas from CSV."""

import os
from typing import Annotated

import pandas as pd
from flytekit import StructuredDataset, current_context, kwtypes, task, workflow

Named = Annotated[StructuredDataset, kwtypes(name=str)]


@task
def export(rows: int) -> StructuredDataset:
    frame = pd.DataFrame({"name": [f"n{row}" for row in range(rows)], "kilos": [row * 1.5 for row in range(rows)]})
    return StructuredDataset(dataframe=frame)


@task
def to_csv(data: StructuredDataset) -> StructuredDataset:
    folder = os.path.join(current_context().working_directory, "csv")
    return StructuredDataset(dataframe=data.open(pd.DataFrame).all(), uri=folder, file_format="csv")


@task
def names(data: Named) -> list[str]:
    frame = data.open(pd.DataFrame).all()
    return [f"{column}:{','.join(frame[column])}" for column in frame.columns]


@task
def kilos(frame: pd.DataFrame) -> float:
    return float(frame["kilos"].sum())


@workflow
def warehouse(rows: int) -> (list[str], float):
    data = export(rows=rows)
    return names(data=data), kilos(frame=data)


if __name__ == "__main__":
    print(*warehouse(rows=3))
    print(kilos(frame=pd.DataFrame({"kilos": [1.0, 2.0]})))
    print(export(rows=1).open(pd.DataFrame).all().to_dict("records"))
    stored = to_csv(data=export(rows=2))
    print(stored.open(pd.DataFrame).all().to_dict("records"))
