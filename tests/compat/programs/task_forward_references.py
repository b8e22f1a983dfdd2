"""Annotations that are texts."""

from __future__ import annotations

import typing
from dataclasses import dataclass

from sdk import task, workflow


@dataclass
class Item:
    name: str
    count: int = 1


@task
def early(item: Item, items: typing.List[Item], later: "Item | None" = None) -> Item:
    return item


@workflow
def flow(item: Item) -> Item:
    return early(item=item, items=[item])
