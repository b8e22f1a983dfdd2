"""Pydantic models: written by the model's serializer, read by its validation. Needs pydantic only when one is used."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name
from fletching.types.engine import part_transformer
from fletching.types.plain import copy_plain, key_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pydantic
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["ModelTransformer", "factory"]

SHOULD = "Input should be "
"""How pydantic begins to say what it expects."""

_being_described: ContextVar[frozenset[type]] = ContextVar("_being_described", default=frozenset())


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a model class; None for the models of pydantic 1, which have no serializer."""
    if not isinstance(annotation, type) or not hasattr(annotation, "__pydantic_serializer__"):
        return None
    return ModelTransformer(annotation)


class ModelTransformer(TypeTransformer[Any]):
    """Carries the instances of one model. What arrives has gone through the model's validation, as from any writer.

    An instance of a subclass arrives as the annotated class; a dict is validated to an instance.
    Private attributes and computed fields do not travel.
    """

    name = "Pydantic Transformer"

    def __init__(self, python_type: type[pydantic.BaseModel]) -> None:
        super().__init__(python_type)
        from pydantic import VERSION, TypeAdapter

        self.model = python_type
        try:
            if not python_type.__pydantic_complete__:
                python_type.model_rebuild()
            self._adapter = TypeAdapter(python_type)
        except Exception as error:  # an annotation that is not defined, or that pydantic has no schema for
            raise UnsupportedTypeError(f"{type_name(python_type)} cannot be validated by pydantic: {error}") from error
        # Fields are written by name, as other SDKs do; a reader of aliases alone would not find them again.
        by_name = tuple(map(int, VERSION.split(".")[:2])) >= (2, 11)
        self._options: dict[str, Any] = {"by_alias": True, "by_name": True} if by_name else {}

    def literal_type(self) -> LiteralType:
        from fletching.types.schema import field_types, schema_type

        outer = _being_described.get()
        if self.model in outer:  # a model may contain itself; the schema says how
            return schema_type(self.json_schema())
        token = _being_described.set(outer | {self.model})
        try:
            return schema_type(self.json_schema(), field_types(self._fields()))
        finally:
            _being_described.reset(token)

    def to_literal(self, value: Any, /) -> Literal:
        from fletching.types.wire import plain_literal

        return plain_literal(self.to_plain(value))

    def to_python(self, literal: Literal, /) -> Any:
        from fletching.types.wire import read_plain

        return read_plain(self, literal)

    def carry(self, value: Any, /) -> Any:
        return self.from_plain(self.to_plain(value))

    def to_plain(self, value: Any, /) -> Any:
        if isinstance(value, dict):
            value = self._validated(lambda: self.model.model_validate(value, **self._options), value)
        elif not isinstance(value, self.model):
            raise ConversionError(type_name(self.model), preview(value))
        try:
            data = self._adapter.dump_python(value, mode="json", by_alias=False, round_trip=True, warnings="error")
        except Exception as error:  # whatever a serializer of the user raises
            raise ConversionError(type_name(self.model), preview(value), hint=str(error)) from error
        return copy_plain(data)

    def from_plain(self, data: Any, /) -> Any:
        import json

        try:
            # As JSON: a strict model takes the text of a datetime only there.
            text = json.dumps(data)
        except (TypeError, ValueError) as error:
            raise ConversionError(type_name(self.model), preview(data), hint=str(error)) from error
        context = {"deserialize": True}
        return self._validated(lambda: self.model.model_validate_json(text, context=context, **self._options), data)

    def json_schema(self) -> dict[str, Any]:
        return self.model.model_json_schema()

    def _fields(self) -> Iterator[tuple[str, TypeTransformer[Any]]]:
        for name, field in self.model.model_fields.items():
            try:
                yield name, part_transformer(field.annotation)
            except UnsupportedTypeError:
                continue  # what only pydantic knows; the schema describes it

    def _validated(self, validate: Any, data: Any) -> Any:
        from pydantic import ValidationError

        try:
            return validate()
        except ValidationError as error:
            raise self._failure(error) from error
        except Exception as error:  # whatever a validator of the user raises
            hint = f"{type(error).__name__}: {error}"
            raise ConversionError(type_name(self.model), preview(data), hint=hint) from error

    def _failure(self, error: pydantic.ValidationError) -> ConversionError:
        """Return the first of the errors pydantic found, in this project's words."""
        first = error.errors(include_url=False, include_context=False)[0]
        path, message, expected = first["loc"], first["msg"], type_name(self.model)
        if first["type"] == "missing":
            path, message = path[:-1], f"{path[-1]!r} is missing"
        elif message.startswith(SHOULD):
            expected, message = message.removeprefix(SHOULD), ""
        count = error.error_count() - 1
        hint = ", ".join(part for part in (message, f"and {count} more" if count else "") if part)
        failure = ConversionError(expected, preview(first["input"]), hint=hint)
        failure.path = "".join(f".{step}" if str(step).isidentifier() else key_step(step) for step in path)
        return failure
