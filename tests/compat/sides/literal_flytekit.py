"""What a flytekit does with the rows of `literal_rows`."""

import os
import typing
from pathlib import Path
from types import SimpleNamespace

from literal_canon import canon
from literal_rows import rows


def flytekit_names():
    import flytekit
    from flytekit import HashMethod, StructuredDataset, kwtypes
    from flytekit.core.annotation import FlyteAnnotation
    from flytekit.types.directory import FlyteDirectory
    from flytekit.types.error import FlyteError
    from flytekit.types.file import FlyteFile
    from flytekit.types.iterator.json_iterator import JSON

    class Pickled:
        def __class_getitem__(cls, item):
            return item

    return SimpleNamespace(
        FlyteAnnotation=FlyteAnnotation,
        FlyteDirectory=FlyteDirectory,
        FlyteError=FlyteError,
        FlyteFile=FlyteFile,
        HashMethod=HashMethod,
        JSONS=typing.Iterator[JSON],
        Pickled=Pickled,
        StructuredDataset=StructuredDataset,
        has_literal=flytekit.__version__ > "1.16",
        kwtypes=kwtypes,
    )


def context(folder):
    """Enter a context in which outputs are written below a folder, as in a pod."""
    from flytekit.core.context_manager import ExecutionState, FlyteContextManager
    from flytekit.core.data_persistence import FileAccessProvider

    current = FlyteContextManager.current_context()
    access = FileAccessProvider(
        local_sandbox_dir=os.path.join(folder, "sandbox"), raw_output_prefix=os.path.join(folder, "raw")
    )
    state = current.execution_state or current.new_execution_state()
    state = state.with_params(mode=ExecutionState.Mode.TASK_EXECUTION)
    return FlyteContextManager.with_context(current.with_file_access(access).with_execution_state(state))


def engine_of(name):
    """Return what converts a row: a list or a tuple can only be pickled by the transformer itself."""
    import asyncio

    from flytekit.core.type_engine import TypeEngine
    from flytekit.types.pickle.pickle import FlytePickleTransformer

    if name != "pickle list":
        return TypeEngine.to_literal_type, TypeEngine.to_literal, TypeEngine.to_python_value
    pickles = FlytePickleTransformer()
    return (
        pickles.get_literal_type,
        lambda *given: asyncio.run(pickles.async_to_literal(*given)),
        lambda *given: asyncio.run(pickles.async_to_python_value(*given)),
    )


def write(folder):
    """Write every row into ``inputs.pb`` and its type into ``types.pb``; return what came of it."""
    from flyteidl.core.interface_pb2 import VariableMap
    from flyteidl.core.literals_pb2 import Literal as Message
    from flyteidl.core.literals_pb2 import LiteralMap
    from flytekit.models.literals import Literal

    made, types, said, failed = LiteralMap(), VariableMap(), {}, {}
    with context(folder) as current:
        for name, (kind, make) in rows(flytekit_names(), os.path.join(folder, "made")).items():
            type_of, to_literal, to_python = engine_of(name)
            try:
                literal_type = type_of(kind)
                literal = to_literal(current, make(), kind, literal_type)
                made.literals[name].CopyFrom(literal.to_flyte_idl())
                types.variables[name].type.CopyFrom(literal_type.to_flyte_idl())
                literal = Literal.from_flyte_idl(Message.FromString(made.literals[name].SerializeToString()))
                said[name] = canon(to_python(current, literal, kind))
            except Exception as error:
                failed[name] = f"{type(error).__name__}: {error}"
    Path(folder, "inputs.pb").write_bytes(made.SerializeToString(deterministic=True))
    Path(folder, "types.pb").write_bytes(types.SerializeToString(deterministic=True))
    return {"said": said, "failed": failed}


def read(folder, file="outputs.pb"):
    """Read a map of literals; return the canonical value of each row, or what failed."""
    from flyteidl.core.literals_pb2 import LiteralMap as Message
    from flytekit.models.literals import LiteralMap

    given = LiteralMap.from_flyte_idl(Message.FromString(Path(folder, file).read_bytes())).literals
    said = {}
    with context(folder) as current:
        for name, (kind, _) in rows(flytekit_names(), os.path.join(folder, "made")).items():
            if name in given:
                try:
                    said[name] = canon(engine_of(name)[2](current, given[name], kind))
                except Exception as error:
                    said[name] = f"{type(error).__name__}: {error}"
    return said


def schemas(folder):
    """Write a frame as two of the old schemas, and read the dataset in ``dataset.pb`` as one; return what was read."""
    import pandas
    from flyteidl.core.literals_pb2 import Literal as Message
    from flytekit import kwtypes
    from flytekit.core.type_engine import TypeEngine
    from flytekit.models.literals import Literal
    from flytekit.types.schema import FlyteSchema

    frame, said = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]}), []
    with context(folder) as current:
        for name, kind in (("plain", FlyteSchema), ("typed", FlyteSchema[kwtypes(a=int, b=str)])):
            literal_type = TypeEngine.to_literal_type(kind)
            literal = TypeEngine.to_literal(current, frame, kind, literal_type)
            Path(folder, f"{name}.pb").write_bytes(literal.to_flyte_idl().SerializeToString())
            Path(folder, f"{name}.type.pb").write_bytes(literal_type.to_flyte_idl().SerializeToString())
            given = Literal.from_flyte_idl(Message.FromString(Path(folder, "dataset.pb").read_bytes()))
            said.append(canon(TypeEngine.to_python_value(current, given, kind).open().all()))
    return said
