"""What a task may count, and the labels of what runs it, given where the task is made."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from fletching import PythonInstanceTask, TaskMetadata, current_context, task
from fletching.errors import ConfigError


def test_metrics_are_debug_lines_of_the_tasks_logger(caplog: pytest.LogCaptureFixture) -> None:
    @task
    def count() -> None:
        stats = current_context().stats
        stats.incr("rows", 3, tags={"table": "t"})
        stats.gauge("depth", 1.5)
        stats.timing("wait", 0.25)

    with caplog.at_level(logging.DEBUG):
        count()
    assert caplog.messages == ["counter rows: 3 {'table': 't'}", "gauge depth: 1.5 {}", "timing wait: 0.25 {}"]
    assert {record.name for record in caplog.records} == {f"fletching.user.{count.name}"}


def test_a_timer_notes_the_time_of_a_block_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(KeyError), current_context().stats.timer("work"):
        raise KeyError
    (line,) = caplog.messages
    assert line.startswith("timing work: ")


def test_labels_and_annotations_may_stand_beside_the_metadata() -> None:
    metadata = TaskMetadata(retries=2, labels={"old": "1"})
    made: PythonInstanceTask[Any] = PythonInstanceTask(
        "labelled", None, metadata=metadata, labels={"team": "a"}, annotations={"note": "b"}, pod_template_name="p"
    )
    assert made.metadata == TaskMetadata(
        retries=2, labels={"team": "a"}, annotations={"note": "b"}, pod_template_name="p"
    )
    assert metadata == TaskMetadata(retries=2, labels={"old": "1"})
    assert PythonInstanceTask("plain", None, metadata=metadata).metadata == metadata
    with pytest.raises(ConfigError, match="labels"):
        PythonInstanceTask("wrong", None, labels={"team": 1})
