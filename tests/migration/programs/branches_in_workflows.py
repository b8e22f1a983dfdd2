"""Credit checks: conditionals that use booleans, nested ones, branches that are workflows, one without else value."""

from flytekit import conditional, task, workflow


@task
def score(income: float, debts: float) -> float:
    return income / max(debts, 1.0)


@task
def is_member(name: str) -> bool:
    return name[:1] in "AB"


@task
def offer(score: float) -> str:
    return f"offer at {round(9 - min(score, 8), 1)}%"


@task
def refuse(name: str) -> str:
    return f"sorry, {name}"


@task
def ask_more(name: str, score: float) -> str:
    return f"{name}: papers, please ({score:.1f})"


@workflow
def members(name: str, points: float) -> str:
    return (
        conditional("members")
        .if_(points > 1.0)
        .then(offer(score=points))
        .else_()
        .then(ask_more(name=name, score=points))
    )


@workflow
def apply(name: str, income: float, debts: float) -> str:
    points = score(income=income, debts=debts)
    member = is_member(name=name)
    return (
        conditional("who")
        .if_(member.is_true())
        .then(members(name=name, points=points))
        .elif_((points > 5.0) & member.is_false())
        .then(
            conditional("rich")
            .if_(points > 7.0)
            .then(offer(score=points))
            .else_()
            .then(ask_more(name=name, score=points))
        )
        .else_()
        .then(refuse(name=name))
    )


if __name__ == "__main__":
    print(apply(name="Anna", income=30.0, debts=10.0))
    print(apply(name="Bert", income=5.0, debts=10.0))
    print(apply(name="Carl", income=80.0, debts=10.0))
    print(apply(name="Dora", income=60.0, debts=10.0))
    print(apply(name="Emil", income=1.0, debts=10.0))
