"""``numpy.ndarray`` and numpy's scalars."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fletching.errors import ConfigError, ConversionError, UnsupportedTypeError
from fletching.testing import TransformerConformance
from fletching.types.annotations import kwtypes
from fletching.types.engine import transformer

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?"),
    hnp.complex_number_dtypes(),
    hnp.datetime64_dtypes(),
    hnp.timedelta64_dtypes(),
    hnp.byte_string_dtypes(max_len=4),
    hnp.unicode_string_dtypes(max_len=4),
    st.just(np.dtype([("x", "<i4"), ("y", ">f8", (2,))])),
)


def same(one: Any, other: Any) -> bool:
    """Equality of arrays: dtype with byte order, shape, memory order, bytes."""
    return (
        type(one) is type(other)
        and one.dtype == other.dtype
        and one.dtype.byteorder == other.dtype.byteorder
        and one.shape == other.shape
        and one.flags.c_contiguous == other.flags.c_contiguous
        and one.flags.f_contiguous == other.flags.f_contiguous
        and (one.dtype.hasobject or one.tobytes() == other.tobytes())
        and (not one.dtype.hasobject or one.tolist() == other.tolist())
    )


def arranged(array: np.ndarray[Any, Any], how: str) -> np.ndarray[Any, Any]:
    return {"as it is": array, "turned": array.T, "every other": array[..., ::2] if array.ndim else array}[how]


class TestArray(TransformerConformance):
    """The law, over dtypes, shapes and memory orders."""

    annotation = np.ndarray
    immutable = (np.ndarray,)

    def values(self) -> st.SearchStrategy[np.ndarray[Any, Any]]:
        arrays = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
        return st.builds(arranged, arrays, st.sampled_from(["as it is", "turned", "every other"]))

    def alike(self, one: Any, other: Any) -> bool:
        # The sender's own array may be laid out in any way; what arrives is contiguous.
        if isinstance(one, np.ndarray) and not (one.flags.c_contiguous or one.flags.f_contiguous):
            one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
        return same(one, other)

    def misfits(self) -> list[Any]:
        return [
            object(),
            np.float64(1),
            np.array([object()]),
            np.array([("x", object())], dtype=[("a", "U1"), ("o", object)]),
            np.array(["x"], dtype=np.dtypes.StringDType()),
            np.ma.masked_array([1, 2], mask=[True, False]),
        ]


class TestPickledArray(TransformerConformance):
    """Objects cross where the user said so."""

    annotation = Annotated[np.ndarray, kwtypes(allow_pickle=True)]
    immutable = (np.ndarray,)

    def values(self) -> list[np.ndarray[Any, Any]]:
        return [np.array([{"a": [1]}, None], dtype=object), np.arange(3)]

    def alike(self, one: Any, other: Any) -> bool:
        return same(one, other)


class TestMappedArray(TransformerConformance):
    """A mapped file is read when its elements are."""

    annotation = Annotated[np.ndarray, kwtypes(mmap_mode="c")]
    immutable = (np.ndarray,)

    def values(self) -> list[np.ndarray[Any, Any]]:
        return [np.arange(6).reshape(2, 3)]

    def alike(self, one: Any, other: Any) -> bool:
        return same(np.asarray(one), np.asarray(other))

    def test_a_map_is_given(self) -> None:
        assert isinstance(self.transformer.carry(np.arange(3)), np.memmap)


def test_objects_that_may_be_pickled_are_read_where_they_cannot_be_mapped() -> None:
    way = transformer(Annotated[np.ndarray, kwtypes(allow_pickle=True, mmap_mode="r")])
    given = np.array([[1], "a", None], dtype=object)
    for back in (way.carry(given), way.to_python(way.to_literal(given))):
        assert back.tolist() == [[1], "a", None]
    assert isinstance(way.carry(np.arange(3)), np.memmap)


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint64, np.float16, np.float32, np.float64, np.bool_])
class TestScalars:
    """A scalar stays the scalar it is."""

    def test_the_law(self, kind: Any) -> None:
        way = transformer(kind)
        for number in (0, 1):
            value = kind(number)
            back = way.to_python(way.to_literal(value))
            assert type(back) is kind
            assert back == value
            assert way.carry(value) is value
            assert way.from_plain(way.to_plain(value)) == value

    def test_python_numbers_are_no_scalars(self, kind: Any) -> None:
        for convert in (transformer(kind).carry, transformer(kind).to_literal):
            with pytest.raises(ConversionError) as caught:
                convert(1)
            assert str(caught.value) == f"expected numpy.{kind.__name__}, got int 1"


def test_a_number_beyond_the_scalar_is_refused() -> None:
    with pytest.raises(ConversionError) as caught:
        transformer(np.int8).to_python(transformer(int).to_literal(300))
    assert str(caught.value) == "expected numpy.int8, got int 300 (it is out of range)"
    for convert in (transformer(np.uint64).carry, transformer(np.uint64).to_literal):
        with pytest.raises(ConversionError):
            convert(np.uint64(2**63))


def test_a_scalar_that_python_has_not_is_no_type() -> None:
    with pytest.raises(UnsupportedTypeError):
        transformer(np.longdouble)


def test_the_dtype_of_an_annotation_is_checked() -> None:
    way = transformer(npt.NDArray[np.float64])
    assert way.carry(np.zeros(2)).dtype == np.float64
    for convert in (way.carry, way.to_literal):
        with pytest.raises(ConversionError) as caught:
            convert(np.arange(2))
        assert str(caught.value) == ("expected numpy.ndarray of float64, got numpy.ndarray of int64 with shape (2,)")
    with pytest.raises(ConversionError):
        way.to_python(transformer(np.ndarray).to_literal(np.arange(2)))


def test_the_dimensions_of_an_annotation_are_checked() -> None:
    way = transformer(np.ndarray[tuple[int, int], np.dtype[np.integer[Any]]])
    assert way.carry(np.ones((1, 2), int)).shape == (1, 2)
    with pytest.raises(ConversionError) as caught:
        way.carry(np.ones(3, int))
    assert str(caught.value) == (
        "expected numpy.ndarray of integer with 2 dimensions, got numpy.ndarray of int64 with shape (3,)"
    )


def test_objects_are_refused_with_a_way_out() -> None:
    with pytest.raises(ConversionError) as caught:
        transformer(np.ndarray).carry(np.array([object()]))
    assert str(caught.value) == (
        "expected an array of plain data, got numpy.ndarray of object with shape (1,) (reading objects runs code of "
        "whoever wrote them; say Annotated[numpy.ndarray, kwtypes(allow_pickle=True)] if that is meant)"
    )


def test_a_pickle_from_elsewhere_is_not_read() -> None:
    literal = transformer(Annotated[np.ndarray, kwtypes(allow_pickle=True)]).to_literal(np.array([object()]))
    with pytest.raises(ConversionError, match="expected an array of plain data, got an array of Python objects"):
        transformer(np.ndarray).to_python(literal)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            kwtypes(allow_pickel=True),
            (
                "unknown option 'allow_pickel' for numpy.ndarray; did you mean 'allow_pickle'?; "
                "known are 'allow_pickle', 'mmap_mode'"
            ),
        ),
        (kwtypes(mmap_mode="w+"), "mmap_mode='w+' is none of 'r', 'r+', 'c'"),
    ],
)
def test_an_unknown_option_is_refused(options: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        transformer(Annotated[np.ndarray, options])
    assert str(caught.value) == message


def test_a_file_that_is_gone_or_no_array(tmp_path: Any) -> None:
    literal = transformer(np.ndarray).to_literal(np.arange(3))
    literal.scalar.blob.uri = str(tmp_path / "gone.npy")
    with pytest.raises(ConversionError, match=r"expected an \.npy file, got nothing at"):
        transformer(np.ndarray).to_python(literal)
    (tmp_path / "gone.npy").write_bytes(b"not an array")
    with pytest.raises(ConversionError, match=r"expected an \.npy file"):
        transformer(np.ndarray).to_python(literal)
