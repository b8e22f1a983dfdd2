"""The law of type transformers, as tests."""

from __future__ import annotations

import copy
import json
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.testing.conformance import Conformance
from fletching.testing.values import alike, mutable_parts
from fletching.types.engine import transformer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hypothesis.strategies import SearchStrategy

    from fletching.types.base import TypeTransformer

__all__ = ["TransformerConformance"]


class TransformerConformance(Conformance):
    """Checks one annotation: ``carry(v) == to_python(to_literal(v))``, nothing shared, the same values refused."""

    needed: ClassVar[Mapping[str, str]] = {"annotation": "the annotation whose transformer is checked"}

    annotation: ClassVar[Any]
    """What stands in a signature: a class, ``list[int]``, ``Annotated[...]``."""

    immutable: ClassVar[tuple[type, ...]] = ()
    """Types whose instances both sides may share, because nobody can change them."""

    @abstractmethod
    def values(self) -> SearchStrategy[Any] | Iterable[Any]:
        """Return values that fit: a Hypothesis strategy, or samples."""
        raise NotImplementedError

    def misfits(self) -> SearchStrategy[Any] | Iterable[Any]:
        """Return values that do not fit; override it where a plain object would."""
        return [object()]

    def alike(self, one: Any, other: Any) -> bool:
        """Return whether two values are the same; override it for types whose ``==`` is not a bool."""
        return alike(one, other)

    @property
    def transformer(self) -> TypeTransformer[Any]:
        """What the engine made for the annotation."""
        return transformer(self.annotation)

    def test_the_wire_type_is_built_anew(self) -> None:
        """A caller may change the message it got."""
        from flyteidl.core.types_pb2 import LiteralType

        one, other = self.transformer.literal_type(), self.transformer.literal_type()
        assert isinstance(one, LiteralType), f"literal_type gives {one!r}"
        assert one == other, "literal_type gives another type the second time"
        assert one is not other, "literal_type() returns the same message twice: build a new one each time"

    def test_carry_is_the_way_through_the_wire(self) -> None:
        """The law itself, also for the bytes of the literal."""
        from flyteidl.core.literals_pb2 import Literal

        way = self.transformer

        def check(value: Any) -> None:
            carried, literal = way.carry(value), way.to_literal(value)
            back = way.to_python(literal)
            assert self.alike(carried, back), f"carry gives {carried!r}, the wire {back!r}"
            again = way.to_python(Literal.FromString(literal.SerializeToString()))
            assert self.alike(carried, again), f"carry gives {carried!r}, the bytes of the literal {again!r}"
            twice = way.carry(carried)
            assert self.alike(carried, twice), f"a carried value is carried to another one: {carried!r}, {twice!r}"

        _for_each(self.values(), check)

    def test_fill_writes_what_to_literal_returns(self) -> None:
        """Containers fill the literal they made themselves."""
        from flyteidl.core.literals_pb2 import Literal

        way = self.transformer

        def check(value: Any) -> None:
            literal = Literal()
            way.fill(literal, value)
            expected = way.to_literal(value)
            assert self.alike(way.to_python(literal), way.to_python(expected)), f"fill writes {literal}, not {expected}"
            kinds = literal.WhichOneof("value"), expected.WhichOneof("value")
            assert kinds[0] == kinds[1], f"fill writes a {kinds[0]}, to_literal a {kinds[1]}"

        _for_each(self.values(), check)

    def test_nothing_is_shared_and_nothing_changed(self) -> None:
        """What the receiver does to its value, the sender never sees."""
        way = self.transformer

        def check(value: Any) -> None:
            before = copy.deepcopy(value)
            literal = way.to_literal(value)
            results = [value, way.carry(value), way.carry(value), way.to_python(literal), way.to_python(literal)]
            assert self.alike(value, before), f"{before!r} was changed to {value!r}"
            parts = [mutable_parts(result, self.immutable) for result in results]
            for index, one in enumerate(parts):
                for other in parts[index + 1 :]:
                    shared = [one[key] for key in one.keys() & other.keys()]
                    assert not shared, f"two results share {shared[0]!r}"

        _for_each(self.values(), check)

    def test_an_inline_expression_is_true_only_for_what_stays_itself(self) -> None:
        """Generated code passes such a value on without asking."""
        way = self.transformer
        if way.inline is None:
            return
        test = eval(f"lambda v: {way.inline.format(v='v')}")  # noqa: S307 - the transformer's own expression

        def check(value: Any) -> None:
            assert not test(value) or way.carry(value) is value, f"inline says {value!r} may pass as it is"

        def check_misfit(value: Any) -> None:
            assert not test(value), f"inline lets {value!r} pass"

        _for_each(self.values(), check)
        _for_each(self.misfits(), check_misfit)

    def test_the_same_values_are_refused(self) -> None:
        """A local call and a remote one refuse alike, with the same words."""
        way = self.transformer

        def check(value: Any) -> None:
            carried, written = _refusal(way.carry, value), _refusal(way.to_literal, value)
            assert carried is not None, f"carry accepts {value!r}"
            assert carried == written, f"carry says {carried!r}, to_literal {written!r}"

        _for_each(self.misfits(), check)

    def test_whatever_comes_both_ways_agree(self) -> None:
        """Values nobody thought of are refused by both, or carried alike."""
        from hypothesis import strategies as st

        leaf = st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=8), st.dates()
        )
        nested = st.recursive(
            leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner), max_leaves=6
        )
        way = self.transformer

        def check(value: Any) -> None:
            carried, written = _refusal(way.carry, value), _refusal(way.to_literal, value)
            assert carried == written, f"carry says {carried!r}, to_literal {written!r} to {value!r}"
            if carried is None:
                one, other = way.carry(value), way.to_python(way.to_literal(value))
                assert self.alike(one, other), f"carry gives {one!r}, the literal gives {other!r}"

        _for_each(nested, check)

    def test_many_at_once_is_one_by_one(self) -> None:
        """The quick ways of a container give what the slow ones give, or say that they cannot."""
        from flyteidl.core.literals_pb2 import Literal

        way = self.transformer

        def check(value: Any) -> None:
            one, literal = way.carry(value), way.to_literal(value)
            carried, read = way.carry_all([value, value]), way.read_all([literal, literal])
            assert carried is None or self.alike(list(carried), [one, one]), f"carry_all gives {carried!r}"
            assert read is None or self.alike(list(read), [one, one]), f"read_all gives {read!r}"
            slots = [Literal(), Literal()]
            if way.fill_all(slots, [one, one]):
                assert all(self.alike(way.to_python(slot), one) for slot in slots), f"fill_all writes {slots[0]}"

        _for_each(self.values(), check)

    def test_the_plain_form_comes_back(self) -> None:
        """Inside a dataclass the same values survive, by way of MessagePack."""
        way = self.transformer
        try:
            schema = way.json_schema()
        except UnsupportedTypeError:  # it says that it has no plain form
            return
        import msgpack

        def check(value: Any) -> None:
            data = msgpack.unpackb(msgpack.packb(way.to_plain(value)), strict_map_key=False)
            back, carried = way.from_plain(data), way.carry_plain(value)
            assert self.alike(back, carried), f"carry_plain gives {carried!r}, MessagePack {back!r}"

        _for_each(self.values(), check)
        assert json.loads(json.dumps(schema)) == schema, "the JSON schema is not JSON"


def _for_each(values: SearchStrategy[Any] | Iterable[Any], check: Callable[[Any], None]) -> None:
    """Run ``check`` on samples, or on what Hypothesis draws from a strategy."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis.strategies import SearchStrategy

    if isinstance(values, SearchStrategy):
        quiet = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
        quiet(given(values)(check))()
        return
    for value in values:
        check(value)


def _refusal(convert: Callable[[Any], Any], value: Any) -> str | None:
    try:
        convert(value)
    except ConversionError as error:
        return str(error)
    return None
