"""Orders: pydantic models, nested, with enums and dates, in and out of tasks."""

import datetime
import enum
from typing import List, Optional

from flytekit import task, workflow
from pydantic import BaseModel, Field


class Status(enum.Enum):
    OPEN = "open"
    SHIPPED = "shipped"


class Item(BaseModel):
    sku: str
    quantity: int = Field(default=1, ge=1)
    price: float


class Order(BaseModel):
    number: int
    items: List[Item]
    status: Status = Status.OPEN
    note: Optional[str] = None
    placed: datetime.date = datetime.date(2024, 2, 29)


@task
def receive(number: int, skus: List[str]) -> Order:
    return Order(
        number=number, items=[Item(sku=sku, quantity=at + 1, price=2.5 * (at + 1)) for at, sku in enumerate(skus)]
    )


@task
def ship(order: Order) -> Order:
    return order.model_copy(update={"status": Status.SHIPPED, "note": f"{len(order.items)} parcels"})


@task
def worth(order: Order) -> float:
    return sum(item.quantity * item.price for item in order.items)


@workflow
def handle(number: int, skus: List[str]) -> (Order, float):
    order = receive(number=number, skus=skus)
    return ship(order=order), worth(order=order)


if __name__ == "__main__":
    order, value = handle(number=7, skus=["bolt", "nut"])
    print(order.number, order.status, order.note, order.placed, value)
    print([(item.sku, item.quantity, item.price) for item in order.items])
    try:
        Item(sku="x", quantity=0, price=1.0)
    except ValueError:
        print("refused")
