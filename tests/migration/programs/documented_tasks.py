"""Documentation: docstrings of tasks and workflows, Documentation, Description, SourceCode; help for inputs."""

from flytekit import Description, Documentation, SourceCode, task, workflow


@task(
    docs=Documentation(
        short_description="adds a tip",
        long_description=Description(value="Adds a tip to a bill.", icon_link="https://example.org/tip.png"),
        source_code=SourceCode(link="https://example.org/tips.py"),
    )
)
def tip(bill: float, percent: int = 10) -> float:
    return round(bill * (1 + percent / 100), 2)


@task
def share(amount: float, people: int) -> float:
    """Share an amount.

    :param amount: what was spent
    :param people: who was there
    :return: what each pays
    """
    return round(amount / people, 2)


@workflow(docs=Documentation(short_description="dinner"))
def dinner(bill: float, people: int = 2) -> float:
    """Pay for a dinner.

    Args:
        bill: without the tip
        people: who was there
    """
    return share(amount=tip(bill=bill), people=people)


if __name__ == "__main__":
    print(dinner(bill=84.0), dinner(bill=30.0, people=3))
    print(tip.docs.short_description, "|", tip.docs.long_description.value, "|", tip.docs.source_code.link)
    print(tip.__doc__, share.python_interface.inputs)
