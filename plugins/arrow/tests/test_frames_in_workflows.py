"""Frames and datasets pass between the nodes of a workflow as over the wire: nobody sees what another does to one."""

from __future__ import annotations

from typing import Annotated

import pandas as pd
import pytest

from fletching import Runner, create_node, dynamic, kwtypes, task, workflow
from fletching.errors import BindingError
from fletching_arrow import StructuredDataset


@task
def frame(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": list(range(n)), "b": [str(at) for at in range(n)]})


@task
def spoil(df: pd.DataFrame) -> int:
    df.loc[:, "a"] = df["a"] * 100
    return int(df["a"].sum())


@task
def total(df: pd.DataFrame) -> int:
    return int(df["a"].sum())


@workflow
def flow(n: int, mine: pd.DataFrame) -> tuple[int, int, int, int, pd.DataFrame]:
    made = frame(n=n)
    first, second = create_node(spoil, df=made), create_node(spoil, df=made)
    third, fourth = create_node(spoil, df=mine), create_node(total, df=made)
    first >> second >> third >> fourth
    return first.o0, second.o0, third.o0, fourth.o0, made


@pytest.mark.parametrize("executor", [None, "inline", "thread", "process"])
def test_what_one_node_does_to_a_frame_no_other_sees(executor: str | None) -> None:
    mine = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    *sums, last = Runner(executor=executor).run(flow, n=3, mine=mine)
    assert sums == [300, 300, 300, 3]
    assert list(last["a"]) == [0, 1, 2]
    assert list(mine["a"]) == [1, 2]


def test_a_frame_becomes_a_dataset_and_a_dataset_a_frame() -> None:
    @task
    def dataset(n: int) -> StructuredDataset:
        return StructuredDataset(dataframe=pd.DataFrame({"a": list(range(n))}))

    @task
    def opened(ds: StructuredDataset) -> int:
        return int(ds.open(pd.DataFrame).all()["a"].sum())

    @workflow
    def both(n: int) -> tuple[int, int, int]:
        ds = dataset(n=n)
        return total(df=ds), opened(ds=frame(n=n)), opened(ds=ds)

    assert both(n=4) == (6, 6, 6)


def test_columns_have_to_be_there() -> None:
    @task
    def narrow(n: int) -> Annotated[StructuredDataset, kwtypes(a=int)]:
        return StructuredDataset(dataframe=pd.DataFrame({"a": [n]}))

    @task
    def wants(ds: Annotated[StructuredDataset, kwtypes(z=str)]) -> int:
        return 0

    @workflow
    def wrong(n: int) -> int:
        return wants(ds=narrow(n=n))

    with pytest.raises(BindingError, match=r"output 'o0' of node 'n0' \(narrow\) is .*, and input 'ds' of node 'n1'"):
        wrong(n=1)


def test_frames_in_a_dynamic_task() -> None:
    @dynamic
    def many(sizes: list[int]) -> list[int]:
        return [total(df=frame(n=size)) for size in sizes]

    assert many(sizes=[1, 2, 3]) == [0, 1, 3]
