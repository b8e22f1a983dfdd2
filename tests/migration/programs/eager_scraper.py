"""Fetching pages, made up: an eager workflow that awaits tasks, gathers them and branches like plain Python."""

import asyncio
from typing import List

from flytekit import eager, task


@task
async def links(page: str) -> List[str]:
    return [f"{page}/{letter}" for letter in "abc"[: len(page)]]


@task
async def size(page: str) -> int:
    return len(page) * 100


@task
async def title(page: str) -> str:
    await asyncio.sleep(0)
    return page.replace("/", " ").title()


@eager
async def crawl(start: str, limit: int = 250) -> List[str]:
    found = await links(page=start)
    sizes = await asyncio.gather(*[size(page=page) for page in found])
    large = [page for page, pixels in zip(found, sizes) if pixels > limit]
    if not large:
        return [await title(page=start)]
    return list(await asyncio.gather(*[title(page=page) for page in large]))


@eager
async def twice(first: str, second: str) -> int:
    one, two = await asyncio.gather(crawl(start=first), crawl(start=second))
    return len(one) + len(two)


if __name__ == "__main__":
    print(asyncio.run(crawl(start="ab")))
    print(asyncio.run(crawl(start="abc", limit=10_000)))
    print(asyncio.run(twice(first="a", second="abc")))
