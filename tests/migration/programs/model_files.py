"""Models of one's own in files: a TypeTransformer that stores a class by file_access, blobs, unions, lists of them."""

import json
import os
import typing

from flytekit import (
    Blob,
    BlobMetadata,
    BlobType,
    FlyteContext,
    FlyteContextManager,
    Literal,
    LiteralType,
    Scalar,
    task,
    workflow,
)
from flytekit.core.type_engine import TypeTransformerFailedError
from flytekit.extend import TypeEngine, TypeTransformer


class Model:
    def __init__(self, weights: typing.Dict[str, float]):
        self.weights = weights

    def save(self, path: str) -> None:
        with open(path, "w") as out:
            json.dump(self.weights, out)

    @classmethod
    def load(cls, path: str) -> "Model":
        with open(path) as source:
            return cls(json.load(source))


class ModelTransformer(TypeTransformer[Model]):
    _TYPE_INFO = BlobType(format="model-json", dimensionality=BlobType.BlobDimensionality.SINGLE)

    def __init__(self):
        super().__init__(name="model-transform", t=Model)

    def get_literal_type(self, t: typing.Type[Model]) -> LiteralType:
        return LiteralType(blob=self._TYPE_INFO)

    def to_literal(self, ctx: FlyteContext, python_val: Model, python_type, expected: LiteralType) -> Literal:
        if not python_val.weights:
            raise TypeTransformerFailedError("an empty model is no model")
        local = ctx.file_access.get_random_local_path()
        python_val.save(local)
        remote = ctx.file_access.get_random_remote_path(local)
        ctx.file_access.put_data(local, remote, is_multipart=False)
        return Literal(scalar=Scalar(blob=Blob(metadata=BlobMetadata(type=self._TYPE_INFO), uri=remote)))

    def to_python_value(self, ctx: FlyteContext, lv: Literal, expected_python_type: typing.Type[Model]) -> Model:
        local = ctx.file_access.get_random_local_path()
        ctx.file_access.get_data(lv.scalar.blob.uri, local, is_multipart=False)
        return Model.load(local)

    def guess_python_type(self, literal_type: LiteralType) -> typing.Type[Model]:
        if literal_type.blob is not None and literal_type.blob.format == "model-json":
            return Model
        raise ValueError(f"no model: {literal_type}")


TypeEngine.register(ModelTransformer())


@task
def train(names: typing.List[str]) -> Model:
    return Model({name: len(name) / 4 for name in names})


@task
def pick(model: Model, least: float) -> typing.Optional[Model]:
    kept = {name: weight for name, weight in model.weights.items() if weight >= least}
    return Model(kept) if kept else None


@task
def describe(model: typing.Optional[Model]) -> str:
    return "nothing" if model is None else ", ".join(f"{key}={value}" for key, value in sorted(model.weights.items()))


@task
def several(names: typing.List[str]) -> typing.List[Model]:
    return [Model({name: 1.0}) for name in names]


@task
def merged(models: typing.List[Model]) -> Model:
    return Model({name: weight for model in models for name, weight in model.weights.items()})


@workflow
def pipeline(names: typing.List[str], least: float) -> str:
    return describe(model=pick(model=train(names=names), least=least))


@workflow
def together(names: typing.List[str]) -> Model:
    return merged(models=several(names=names))


if __name__ == "__main__":
    print(pipeline(names=["slope", "bias"], least=1.1), "|", pipeline(names=["a"], least=3.0))
    print(together(names=["x", "y"]).weights)
    try:
        train(names=[])
    except Exception as error:
        print("empty model" in str(error))
    context = FlyteContextManager.current_context()
    literal_type = TypeEngine.to_literal_type(Model)
    literal = TypeEngine.to_literal(context, Model({"z": 2.0}), Model, literal_type)
    print(literal.scalar.blob.metadata.type.format, os.path.exists(literal.scalar.blob.uri))
    print(TypeEngine.to_python_value(context, literal, Model).weights)
    try:
        TypeEngine.register(ModelTransformer())
    except ValueError:
        print("registered once")
