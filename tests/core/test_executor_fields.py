"""Each field of a task on each executor: kept, or refused with words; the documented table is what was seen."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fletching import Cache, PodTemplate, Resources, Runner, Secret, conditional, current_context, task, workflow
from fletching.accelerators import GPUAccelerator
from fletching.errors import ExecutionWarning, ExecutorError, TaskDeprecatedWarning, TaskTimeoutError
from fletching.run.executors import OWN
from fletching.run.fields import FIELDS
from repository import ROOT

EXECUTORS = [None, *OWN]
PAGE = ROOT / "docs" / "reference" / "executors.md"


def count(file: str) -> int:
    """Leave a mark, and tell how many there are."""
    with open(file, "a") as stream:
        stream.write("x")
    return os.path.getsize(file)


@task(cache=Cache(version="1"))
def cached(file: str) -> int:
    return count(file)


@task(cache=Cache(version="1", serialize=True))
def serialized(file: str) -> int:
    return count(file)


@task(cache=Cache(version="2", ignored_inputs="noise"))
def ignoring(file: str, noise: int) -> int:
    return count(file)


@task(interruptible=True)
def interruptible(file: str) -> int:
    return count(file)


@task(deprecated="use another")
def deprecated(file: str) -> int:
    return count(file)


@task(retries=2)
def retried(file: str) -> int:
    if count(file) < 3:
        raise RuntimeError("not yet")
    return count(file)


@task(timeout=1)
def timed(file: str) -> int:
    a = 1
    while True:
        a = a * 3 % 1000003


@task(environment={"FLETCHING_TEST": "set"})
def with_environment(file: str) -> str:
    return os.environ["FLETCHING_TEST"]


@task(secret_requests=[Secret(group="fields", key="key")])
def with_secret(file: str) -> str:
    return current_context().secrets.get("fields", "key")


def plain(file: str) -> int:
    return count(file)


FOR_CLUSTERS: dict[str, dict[str, Any]] = {
    "pod_template_name": {"pod_template_name": "mine"},
    "labels": {"labels": {"team": "a"}},
    "annotations": {"annotations": {"note": "a"}},
    "accelerator": {"accelerator": GPUAccelerator("nvidia-tesla-t4")},
    "shared_memory": {"shared_memory": True},
    "container_image": {"container_image": "image:1"},
    "pod_template": {"pod_template": PodTemplate()},
    **{
        f"{side}.{name}": {side: Resources(**{name: value})}
        for side in ("requests", "limits")
        for name, value in {"cpu": "1", "mem": "1Gi", "gpu": "1", "ephemeral_storage": "1Gi"}.items()
    },
}


def keeps_cache(run: Callable[..., Any], file: str) -> bool:
    return [run(cached, file=file), run(cached, file=file)] == [1, 1]


def keeps_version(run: Callable[..., Any], file: str) -> bool:
    other = task(cache=Cache(version="other"))(cached.task_function)
    return [run(cached, file=file), run(other, file=file), run(cached, file=file)] == [1, 2, 1]


def keeps_serialize(run: Callable[..., Any], file: str) -> bool:
    return [run(serialized, file=file), run(serialized, file=file)] == [1, 1]


def keeps_ignored(run: Callable[..., Any], file: str) -> bool:
    return [run(ignoring, file=file, noise=1), run(ignoring, file=file, noise=2)] == [1, 1]


def keeps_deprecated(run: Callable[..., Any], file: str) -> bool:
    with pytest.warns(TaskDeprecatedWarning, match="use another"):
        return run(deprecated, file=file) == 1


def keeps_timeout(run: Callable[..., Any], file: str) -> bool:
    with suppress(TaskTimeoutError):
        return run(timed, file=file) is None
    return True


def keeps_secret(run: Callable[..., Any], file: str) -> bool:
    return run(with_secret, file=file) == "hush"


PROBES: dict[str, Callable[[Callable[..., Any], str], bool]] = {
    "cache": keeps_cache,
    "cache_serialize": keeps_serialize,
    "cache_version": keeps_version,
    "cache_ignore_input_vars": keeps_ignored,
    "interruptible": lambda run, file: run(interruptible, file=file) == 1,
    "deprecated": keeps_deprecated,
    "retries": lambda run, file: run(retried, file=file) == 4,
    "timeout": keeps_timeout,
    "environment": lambda run, file: run(with_environment, file=file) == "set",
    "secrets": keeps_secret,
}


def observed(executor: str | None, field: str, file: Path) -> str:
    """Try a field on an executor and tell what came of it: ``kept``, ``refused``, or ``-`` where it means nothing."""
    run = Runner(executor=executor).run
    if field in PROBES:
        try:
            return "kept" if PROBES[field](run, str(file)) else "lost"
        except ExecutorError as error:
            return told(error, field)
    asking = task(**FOR_CLUSTERS[field])(plain)
    try:
        assert run(asking, file=str(file)) == 1
    except ExecutorError as error:
        return "refused after it had run" if file.exists() else told(error, field)
    return "-"


def told(error: ExecutorError, field: str) -> str:
    """Look at how a refusal is worded."""
    return "refused" if field in str(error) and "test_executor_fields." in str(error) else f"unclear: {error}"


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYTE_SECRETS_ENV_PREFIX", "FIELDS_")
    monkeypatch.setenv("FIELDS_FIELDS_KEY", "hush")


def table() -> dict[str, list[str]]:
    """Read the documented table: field to what each executor does with it."""
    rows = [line.strip("| \n").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if "|" in line]
    cells = [[cell.strip().strip("`") for cell in row] for row in rows]
    return {row[0]: row[2:] for row in cells if row[0] in FIELDS}


def test_every_field_is_tried_and_documented() -> None:
    assert PROBES.keys() | FOR_CLUSTERS.keys() == FIELDS.keys()
    assert list(table()) == list(FIELDS)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_cell_of_the_table(executor: str | None, field: str, tmp_path: Path) -> None:
    found = observed(executor, field, tmp_path / "marks")
    assert found == table()[field][EXECUTORS.index(executor)]


@pytest.mark.parametrize("executor", OWN)
@pytest.mark.parametrize("field", FOR_CLUSTERS)
def test_lenient_warns_instead(executor: str, field: str, tmp_path: Path) -> None:
    asking = task(**FOR_CLUSTERS[field])(plain)
    with pytest.warns(ExecutionWarning, match=field) as told:
        assert Runner(executor=executor, lenient=True).run(asking, file=str(tmp_path / "marks")) == 1
    assert len(told) == 1


def write() -> None:
    """Write the table into the page."""
    import tempfile

    os.environ.update({"FLYTE_SECRETS_ENV_PREFIX": "FIELDS_", "FIELDS_FIELDS_KEY": "hush"})
    os.environ["FLETCHING_HOME"] = tempfile.mkdtemp()
    lines = [f"| field | what keeping it means | {' | '.join(f'`{e}`' if e else '(none named)' for e in EXECUTORS)} |"]
    lines.append("|---" * (2 + len(EXECUTORS)) + "|")
    for field, meaning in FIELDS.items():
        cells = [observed(executor, field, Path(tempfile.mkdtemp()) / "marks") for executor in EXECUTORS]
        lines.append(f"| `{field}` | {meaning} | {' | '.join(cells)} |")
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition("<!-- table -->\n")
    _, _, tail = rest.partition("<!-- end of table -->\n")
    PAGE.write_text(f"{head}<!-- table -->\n" + "\n".join(lines) + f"\n<!-- end of table -->\n{tail}", encoding="utf-8")


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write()


@task
def same(a: int) -> int:
    return a


@workflow
def picks(a: int) -> int:
    x: Any = same(a=a)
    return conditional("c").if_(x == 1).then(x).else_().then(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize("executor", OWN)
def test_branches_that_call_nothing_ask_for_nothing(executor: str) -> None:
    assert Runner(executor=executor).run(picks, a=1) == 1
