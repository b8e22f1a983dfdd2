"""A library that also works without flytekit: try/except around the import, a flag, a fallback decorator."""

try:
    import flytekit
    from flytekit import task as _task
except ImportError:  # the scoring functions work by themselves
    flytekit = None

    def _task(fn=None, **options):
        return fn or (lambda inner: inner)


HAVE_TASKS = flytekit is not None


@_task(retries=1)
def score(points: int, games: int = 1) -> float:
    return round(points / games, 2)


@_task
def rank(score: float) -> str:
    return "gold" if score > 20 else "silver"


if HAVE_TASKS:

    @flytekit.workflow
    def season(points: int, games: int) -> str:
        return rank(score=score(points=points, games=games))


if __name__ == "__main__":
    print(HAVE_TASKS, score(points=50, games=2))
    if flytekit:
        print(season(points=50, games=2), isinstance(score, flytekit.PythonFunctionTask))
