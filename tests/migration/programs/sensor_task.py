"""A task of one's own that waits for a file, the context's module, and secrets that a test puts where tasks look."""

import os
import tempfile
import typing

from flytekit import Secret, TaskMetadata, current_context, task, workflow
from flytekit.extend import Interface, PythonTask, context_manager
from flytekit.testing import SecretsManager


class FileThere(PythonTask):
    """Gives the path on as soon as there is a file."""

    def __init__(self, name: str, **kwargs):
        super().__init__(
            task_type="file-there",
            name=name,
            task_config=None,
            interface=Interface(inputs={"path": str}, outputs={"path": str}),
            **kwargs,
        )

    def execute(self, **kwargs) -> typing.Any:
        context = context_manager.FlyteContext.current_context()
        context.user_space_params.logging.debug("looking")
        if not context.file_access.exists(kwargs["path"]):
            raise ValueError("no file yet")
        return kwargs["path"]


there = FileThere("files.there", metadata=TaskMetadata(retries=2))


@task(secret_requests=[Secret(group="door", key="code")])
def read(path: str) -> str:
    with open(path) as file:
        return file.read() + current_context().secrets.get("door", "code")


@workflow
def wait_and_read(path: str) -> str:
    return read(path=there(path=path))


if __name__ == "__main__":
    secrets = SecretsManager()
    os.environ[secrets.get_secrets_env_var("door", "code")] = "1234"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "note.txt")
        with open(path, "w") as out:
            out.write("open with ")
        print(wait_and_read(path=path))
    print(secrets.get_secrets_env_var("door", "code"), secrets.get_secrets_file("door", "code"))
