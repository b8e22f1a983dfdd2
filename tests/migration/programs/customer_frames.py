"""Customers: pandas frames and StructuredDataset with columns, opened as pandas and as arrow."""

from typing import NamedTuple

import pandas as pd
import pyarrow as pa
from flytekit import StructuredDataset, kwtypes, task, workflow
from typing_extensions import Annotated

Spend = Annotated[StructuredDataset, kwtypes(customer=str, spent=float)]
Stats = NamedTuple("Stats", rows=int, best=str)


@task
def load(rows: int) -> pd.DataFrame:
    names = [f"c{number % 4}" for number in range(rows)]
    return pd.DataFrame({"customer": names, "spent": [float(n * 3 % 11) for n in range(rows)], "visits": range(rows)})


@task
def per_customer(orders: pd.DataFrame) -> Spend:
    grouped = orders.groupby("customer", as_index=False).agg({"spent": "sum"})
    return StructuredDataset(dataframe=grouped)


@task
def stats(spend: Spend) -> Stats:
    frame = spend.open(pd.DataFrame).all()
    best = frame.sort_values(["spent", "customer"], ascending=[False, True]).iloc[0]
    return Stats(rows=len(frame), best=f"{best.customer}:{best.spent:.1f}")


@task
def arrow_rows(spend: Spend) -> int:
    table = spend.open(pa.Table).all()
    return table.num_rows


@task
def columns(orders: pd.DataFrame) -> str:
    return ",".join(orders.columns)


@workflow
def spending(rows: int = 12) -> Stats:
    spend = per_customer(orders=load(rows=rows))
    found = stats(spend=spend)
    return found.rows, found.best


@workflow
def shape(rows: int) -> (str, int):
    orders = load(rows=rows)
    return columns(orders=orders), arrow_rows(spend=per_customer(orders=orders))


if __name__ == "__main__":
    found = spending()
    print(found.rows, found.best)
    print(*shape(rows=3))
    print(load(rows=2).to_dict("records"))
