"""Billing: a NamedTuple of outputs, its fields in a workflow, docstrings, defaults."""

from typing import List, NamedTuple, Tuple

import flytekit as fl


class Totals(NamedTuple):
    net: float
    tax: float
    gross: float


Split = NamedTuple("Split", regular=List[float], discounted=List[float])


@fl.task
def split(amounts: List[float], threshold: float = 100.0) -> Split:
    """Part amounts into those below a threshold and the others.

    Args:
        amounts: what is billed
        threshold: from here on there is a discount
    """
    return Split([a for a in amounts if a < threshold], [a * 0.9 for a in amounts if a >= threshold])


@fl.task
def total(regular: List[float], discounted: List[float], rate: float) -> Totals:
    net = round(sum(regular) + sum(discounted), 2)
    tax = round(net * rate, 2)
    return Totals(net=net, tax=tax, gross=round(net + tax, 2))


@fl.task
def extremes(amounts: List[float]) -> Tuple[float, float]:
    return min(amounts), max(amounts)


@fl.task
def line(net: float, gross: float, low: float, high: float) -> str:
    return f"net={net:.2f} gross={gross:.2f} from {low:.2f} to {high:.2f}"


@fl.workflow
def bill(amounts: List[float], rate: float = 0.19) -> str:
    parts = split(amounts=amounts)
    sums = total(regular=parts.regular, discounted=parts.discounted, rate=rate)
    low, high = extremes(amounts=amounts)
    return line(net=sums.net, gross=sums.gross, low=low, high=high)


if __name__ == "__main__":
    print(bill(amounts=[20.0, 99.0, 150.5, 240.0]))
    sums = total(regular=[10.0], discounted=[5.5], rate=0.07)
    print(sums.net, sums.tax, sums.gross)
    parts = split(amounts=[1.0, 200.0])
    print(parts.regular, parts.discounted)
