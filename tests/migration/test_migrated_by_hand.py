"""Programs that need a hand: `fletch migrate` names every place, and none that needs no hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from fletching_migrate import migrate_text

HERE = Path(__file__).resolve().parent / "by_hand"
WANTED = {
    "eager_without_await": [(18, "links", "await"), (19, "size", "await"), (25, "links", "await")],
    "old_schemas": [(5, "flytekit.types.schema.FlyteSchema", "StructuredDataset")],
    "reports_and_images": [
        (6, "flytekit.Artifact", "inputs"),
        (6, "flytekit.Deck", "fletching-deck"),
        (7, "flytekit.extras.tasks.shell.OutputLocation", "subprocess.run"),
        (7, "flytekit.extras.tasks.shell.ShellTask", "subprocess.run"),
        (8, "flytekitplugins.kfpytorch.Elastic", "fletching-accelerator"),
        (9, "flytekitplugins.papermill.NotebookTask", "no plugin here"),
        (11, "flytekitplugins-pod", "fletching[pod]"),
        (21, "flytekit.core.context_manager.FlyteContextManager", "fletching.FlyteContextManager"),
    ],
}


def test_each_program_is_told_of() -> None:
    assert {file.stem for file in HERE.glob("*.py")} == set(WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_what_needs_a_hand_is_told_with_what_to_do(name: str) -> None:
    found = migrate_text((HERE / f"{name}.py").read_text(encoding="utf-8")).findings
    assert [(one.line, one.name) for one in found] == [(line, name) for line, name, _ in WANTED[name]]
    for one, (_, _, word) in zip(found, WANTED[name], strict=True):
        assert word in one.advice
