"""Contexts of the program's own: the job of a dynamic task, places for files, calls as nodes; literals by name."""

import os
import tempfile
import typing

from flytekit import FlyteContextManager, LaunchPlan, dynamic, task, workflow
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.core.context_manager import CompilationState, ExecutionState
from flytekit.core.data_persistence import FileAccessProvider
from flytekit.core.type_engine import LiteralsResolver, TypeEngine
from flytekit.types.file import FlyteFile

SETTINGS = SerializationSettings(
    project="p", domain="d", version="v", image_config=ImageConfig(Image(name="default", fqn="registry/app", tag="1"))
)


@task
def half(n: int) -> int:
    return n // 2


@task
def is_local() -> bool:
    return FlyteContextManager.current_context().execution_state.is_local_execution()


@dynamic
def halves(n: int) -> typing.List[int]:
    return [half(n=each) for each in range(n)]


@workflow
def flow(n: int = 3) -> typing.List[int]:
    return halves(n=n)


@task
def noted(text: str) -> FlyteFile:
    path = os.path.join(tempfile.mkdtemp(), "note.txt")
    with open(path, "w") as file:
        file.write(text)
    return FlyteFile(path)


def main():
    manager = FlyteContextManager
    print(manager.size(), manager.current_context().execution_state.is_local_execution())
    with manager.with_context(manager.current_context().with_serialization_settings(SETTINGS)) as context:
        state = context.execution_state.with_params(mode=ExecutionState.Mode.TASK_EXECUTION)
        with manager.with_context(context.with_execution_state(state)) as context:
            given = TypeEngine.dict_to_literal_map(context, {"n": 2})
            job = halves.dispatch_execute(context, given)
            print(manager.size(), [node.id for node in job.nodes], [each.container.image for each in job.tasks])
            done = half.dispatch_execute(context, given)
            print(LiteralsResolver(done.literals).get("o0", int))
            print(TypeEngine.literal_map_to_kwargs(context, done, {"o0": int}))
            role = is_local.dispatch_execute(context, TypeEngine.dict_to_literal_map(context, {}))
            print(is_local(), LiteralsResolver(role.literals).get("o0", bool))
    print(manager.size(), flow(n=2))

    with tempfile.TemporaryDirectory() as folder:
        access = FileAccessProvider(local_sandbox_dir=folder, raw_output_prefix=os.path.join(folder, "raw"))
        with manager.with_context(manager.current_context().with_file_access(access)) as context:
            given = TypeEngine.dict_to_literal_map(context, {"text": "kept"})
            uri = noted.dispatch_execute(context, given).literals["o0"].scalar.blob.uri
            with open(uri) as file:
                print(uri.startswith(os.path.join(folder, "raw")), file.read())
            print(context.file_access.get_random_local_path("a/b.csv").startswith(folder))

    builder = manager.current_context().new_builder()
    builder.with_compilation_state(CompilationState(prefix="x"))
    with manager.with_context(builder) as context:
        half(n=1)
        print([node.id for node in context.compilation_state.nodes])

    plan = LaunchPlan.get_or_create(flow, "half_plan", default_inputs={"n": 7})
    print(plan.parameters.parameters["n"].default.scalar.primitive.integer)


if __name__ == "__main__":
    main()
