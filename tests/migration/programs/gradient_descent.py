"""Training: numpy arrays, hyperparameters in a dataclass, a checkpointed loop, metrics as a NamedTuple."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from flytekit import Resources, task, workflow

Fit = NamedTuple("Fit", weights=np.ndarray, loss=float)


@dataclass
class Hyperparameters:
    rate: float = 0.1
    steps: int = 60
    seed: int = 7


@task(requests=Resources(cpu="1", mem="256Mi"))
def make_data(rows: int, seed: int) -> (np.ndarray, np.ndarray):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(rows, 3))
    return features, features @ np.array([2.0, -1.0, 0.5])


@task
def train(features: np.ndarray, targets: np.ndarray, hyper: Hyperparameters) -> Fit:
    weights = np.zeros(features.shape[1])
    for _ in range(hyper.steps):
        error = features @ weights - targets
        weights -= hyper.rate * features.T @ error / len(targets)
    return Fit(weights=weights, loss=float(np.mean((features @ weights - targets) ** 2)))


@task
def rounded(weights: np.ndarray) -> list[float]:
    return [round(float(weight), 1) for weight in weights]


@workflow
def fit(rows: int = 200, hyper: Hyperparameters = Hyperparameters()) -> (list[float], float):
    features, targets = make_data(rows=rows, seed=hyper.seed)
    model = train(features=features, targets=targets, hyper=hyper)
    return rounded(weights=model.weights), model.loss


if __name__ == "__main__":
    weights, loss = fit()
    print(weights, loss < 0.01)
    weights, loss = fit(hyper=Hyperparameters(rate=0.05, steps=400))
    print(weights, loss < 0.001)
