"""Model selection end to end: data, a grid, a map over candidates, a choice, a retraining in a branch."""

import functools
from dataclasses import dataclass
from typing import List, NamedTuple

import numpy as np
import pandas as pd
from flytekit import Cache, Resources, conditional, dynamic, map_task, task, workflow


@dataclass
class Candidate:
    degree: int
    ridge: float


@dataclass
class Scored:
    candidate: Candidate
    error: float


class Split(NamedTuple):
    train: pd.DataFrame
    test: pd.DataFrame


def design(frame: pd.DataFrame, degree: int) -> np.ndarray:
    return np.vander(frame["x"].to_numpy(), degree + 1)


def solve(frame: pd.DataFrame, candidate: Candidate) -> np.ndarray:
    matrix = design(frame, candidate.degree)
    return np.linalg.solve(
        matrix.T @ matrix + candidate.ridge * np.eye(matrix.shape[1]), matrix.T @ frame["y"].to_numpy()
    )


@task(cache=Cache(version="data-1"), requests=Resources(cpu="1", mem="512Mi"))
def sample(rows: int, seed: int) -> Split:
    generator = np.random.default_rng(seed)
    x = generator.uniform(-1, 1, rows)
    y = 1 - 2 * x + 3 * x**2 + generator.normal(0, 0.01, rows)
    frame = pd.DataFrame({"x": x, "y": y})
    return Split(frame[: rows // 2].reset_index(drop=True), frame[rows // 2 :].reset_index(drop=True))


@task
def grid(degrees: List[int], ridges: List[float]) -> List[Candidate]:
    return [Candidate(degree, ridge) for degree in degrees for ridge in ridges]


@task(retries=1)
def score(candidate: Candidate, train: pd.DataFrame, test: pd.DataFrame) -> Scored:
    weights = solve(train, candidate)
    error = float(np.mean((design(test, candidate.degree) @ weights - test["y"].to_numpy()) ** 2))
    return Scored(candidate, error)


@task
def best(scores: List[Scored]) -> Scored:
    return min(scores, key=lambda one: (round(one.error, 6), one.candidate.degree))


@task
def error_of(scored: Scored) -> float:
    return scored.error


@task
def describe(scored: Scored) -> str:
    return f"degree {scored.candidate.degree}, ridge {scored.candidate.ridge}, good {scored.error < 0.001}"


@task
def give_up(error: float) -> str:
    return f"nothing is good enough: {error > 0.001}"


@dynamic
def search(candidates: List[Candidate], train: pd.DataFrame, test: pd.DataFrame) -> List[Scored]:
    return map_task(functools.partial(score, train=train, test=test), concurrency=2)(candidate=candidates)


@workflow
def select(degrees: List[int], ridges: List[float], rows: int = 200, seed: int = 3) -> str:
    data = sample(rows=rows, seed=seed)
    scores = search(candidates=grid(degrees=degrees, ridges=ridges), train=data.train, test=data.test)
    winner = best(scores=scores)
    error = error_of(scored=winner)
    return conditional("good enough").if_(error < 0.01).then(describe(scored=winner)).else_().then(give_up(error=error))


if __name__ == "__main__":
    print(select(degrees=[1, 2, 5], ridges=[0.0, 10.0]))
    print(select(degrees=[1], ridges=[1.0], rows=50))
