"""Tables as they were written before StructuredDataset: FlyteSchema with columns, opened for writing and reading."""

import pandas as pd
from flytekit import kwtypes, task, workflow
from flytekit.types.schema import FlyteSchema

Orders = FlyteSchema[kwtypes(sku=str, pieces=int)]


@task
def orders(count: int) -> Orders:
    schema = Orders()
    schema.open().write(pd.DataFrame({"sku": [f"s{n % 2}" for n in range(count)], "pieces": list(range(count))}))
    return schema


@task
def pieces(orders: Orders) -> int:
    return int(orders.open().all()["pieces"].sum())


@task
def as_frame(frame: pd.DataFrame) -> int:
    return len(frame)


@workflow
def stock(count: int) -> (int, int):
    made = orders(count=count)
    return pieces(orders=made), as_frame(frame=made)


if __name__ == "__main__":
    print(*stock(count=5))
