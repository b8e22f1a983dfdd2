"""Payroll: workflows in workflows, one used twice, defaults, several outputs, a promise's attribute access."""

from dataclasses import dataclass
from typing import List

from flytekit import task, workflow


@dataclass
class Person:
    name: str
    hours: List[float]
    rate: float


@dataclass
class Payslip:
    person: Person
    gross: float


@task
def hire(name: str, rate: float) -> Person:
    return Person(name=name, hours=[8.0, 7.5], rate=rate)


@task
def pay(hours: List[float], rate: float) -> float:
    return round(sum(hours) * rate, 2)


@task
def slip(person: Person, gross: float) -> Payslip:
    return Payslip(person, gross)


@task
def tell(name: str, first_day: float, gross: float) -> str:
    return f"{name}: {first_day}h first, {gross}"


@workflow
def payroll(name: str, rate: float = 20.0) -> Payslip:
    person = hire(name=name, rate=rate)
    return slip(person=person, gross=pay(hours=person.hours, rate=person.rate))


@workflow
def company(names: List[str]) -> (str, str):
    one = payroll(name=names[0])
    two = payroll(name=names[1], rate=31.5)
    return (
        tell(name=one.person.name, first_day=one.person.hours[0], gross=one.gross),
        tell(name=two.person.name, first_day=two.person.hours[1], gross=two.gross),
    )


if __name__ == "__main__":
    print(payroll(name="Ada"))
    print(*company(names=["Ada", "Lin"]), sep="\n")
