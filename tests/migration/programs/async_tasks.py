"""Async tasks called from asyncio and an eager workflow that handles what they raise."""

import asyncio
from typing import Dict, List

import flytekit as fl


@fl.task
async def probe(host: str) -> int:
    await asyncio.sleep(0)
    if host.startswith("x"):
        raise RuntimeError(f"{host} does not answer")
    return len(host)


@fl.task
async def name_of(code: int) -> str:
    return "short" if code < 5 else "long"


@fl.eager
async def check(hosts: List[str]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for host in hosts:
        try:
            found[host] = await name_of(code=await probe(host=host))
        except Exception as error:
            found[host] = "down" if "does not answer" in str(error) else "?"
    return found


async def main() -> None:
    print(await probe(host="alpha"))
    print(await asyncio.gather(probe(host="a"), probe(host="bb"), name_of(code=9)))
    print(await check(hosts=["alpha", "x1", "be"]))


if __name__ == "__main__":
    asyncio.run(main())
