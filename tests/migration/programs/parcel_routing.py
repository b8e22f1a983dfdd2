"""Logistics: conditionals with elif, else and fail, enums, comparisons joined with & and |."""

from enum import Enum

from flytekit import conditional, task, workflow


class Lane(Enum):
    EXPRESS = "express"
    GROUND = "ground"
    FREIGHT = "freight"


@task
def weigh(grams: int) -> float:
    return grams / 1000


@task
def express(kilos: float) -> str:
    return f"express:{kilos}"


@task
def ground(kilos: float) -> str:
    return f"ground:{kilos}"


@task
def freight(kilos: float) -> str:
    return f"freight:{kilos}"


@task
def lane_of(label: str) -> Lane:
    return Lane(label.split(":")[0])


@task
def cost(lane: Lane, kilos: float) -> float:
    rates = {Lane.EXPRESS: 9.5, Lane.GROUND: 3.25, Lane.FREIGHT: 1.1}
    return round(rates[lane] * kilos, 2)


@workflow
def route(grams: int, urgent: bool = False) -> str:
    kilos = weigh(grams=grams)
    return (
        conditional("by_weight")
        .if_((kilos < 2.0) & (urgent == True))  # noqa: E712
        .then(express(kilos=kilos))
        .elif_((kilos < 30.0) | (urgent == True))  # noqa: E712
        .then(ground(kilos=kilos))
        .elif_(kilos <= 900.0)
        .then(freight(kilos=kilos))
        .else_()
        .fail("no lane carries that much")
    )


@workflow
def priced(grams: int, urgent: bool) -> float:
    label = route(grams=grams, urgent=urgent)
    return cost(lane=lane_of(label=label), kilos=weigh(grams=grams))


if __name__ == "__main__":
    for grams, urgent in [(500, True), (500, False), (45_000, True), (45_000, False)]:
        print(route(grams=grams, urgent=urgent), priced(grams=grams, urgent=urgent))
    try:
        route(grams=2_000_000)
    except Exception as error:
        print("failed:", "no lane carries that much" in str(error))
