"""Configuration: untyped dicts, dicts of lists, nested containers, tuples in and out."""

from typing import Any, Dict, List, Tuple

from flytekit import task, workflow


@task
def defaults(region: str) -> dict:
    return {"region": region, "replicas": 2, "limits": {"cpu": 1.5, "zones": ["a", "b"]}, "debug": False}


@task
def zones(config: dict) -> List[str]:
    return [f"{config['region']}-{zone}" for zone in config["limits"]["zones"]]


@task
def matrix(rows: int, columns: int) -> List[List[int]]:
    return [[row * columns + column for column in range(columns)] for row in range(rows)]


@task
def transpose(values: List[List[int]]) -> Dict[str, List[int]]:
    return {f"c{at}": [row[at] for row in values] for at in range(len(values[0]))}


@task
def ends(table: Dict[str, List[int]]) -> Tuple[int, str]:
    last = sorted(table)[-1]
    return table[last][-1], last


@workflow
def deploy(region: str) -> (dict, List[str]):
    config = defaults(region=region)
    return config, zones(config=config)


@workflow
def corner(rows: int, columns: int) -> (int, str):
    return ends(table=transpose(values=matrix(rows=rows, columns=columns)))


if __name__ == "__main__":
    config, names = deploy(region="eu")
    print(sorted(config.items(), key=lambda item: item[0]), names)
    print(*corner(rows=2, columns=3))
    print(transpose(values=[[1, 2], [3, 4]]))
