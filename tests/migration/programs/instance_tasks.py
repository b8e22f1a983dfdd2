"""Tasks that are objects: a PythonTask with its own execute, an Interface, TaskMetadata, IgnoreOutputs aside."""

import typing

from flytekit import task, workflow
from flytekit.core.base_task import PythonTask, TaskMetadata
from flytekit.core.interface import Interface


class Lookup(PythonTask):
    """Looks a word up in a table that it was made with."""

    def __init__(self, name: str, table: typing.Dict[str, str], **kwargs):
        super().__init__(
            task_type="lookup",
            name=name,
            task_config=None,
            interface=Interface(inputs={"word": str, "fallback": (str, "?")}, outputs={"found": str}),
            **kwargs,
        )
        self._table = table

    def execute(self, **kwargs) -> typing.Any:
        return self._table.get(kwargs["word"], kwargs["fallback"])


colours = Lookup("words.colours", {"red": "rot", "blue": "blau"}, metadata=TaskMetadata(retries=1, interruptible=True))


@task
def shout(text: str) -> str:
    return text.upper()


@workflow
def translate(word: str) -> str:
    return shout(text=colours(word=word, fallback="none"))


if __name__ == "__main__":
    print(translate(word="red"), translate(word="green"))
    print(colours.name, colours.task_type, colours.metadata.retries, colours.metadata.interruptible)
    print(
        colours(word="blue", fallback="x"),
        sorted(colours.python_interface.inputs),
        list(colours.python_interface.outputs),
    )
