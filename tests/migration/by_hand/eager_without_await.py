"""Sync tasks in an eager one, as flytekit lets one call them."""

from flytekit import eager, task


@task
def links(page: str) -> list[str]:
    return [f"{page}/{letter}" for letter in "ab"]


@task
def size(page: str) -> int:
    return len(page)


@eager
async def crawl(page: str) -> int:
    found = links(page=page)
    return sum(size(page=one) for one in found)


@eager
async def nested(page: str) -> int:
    total = 0
    for one in links(page=page):
        total += await crawl(page=one)
    return total
