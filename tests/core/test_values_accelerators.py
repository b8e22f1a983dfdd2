"""Accelerators: the catalogue, partitions, and adding a device."""

import copy
import pickle
from typing import Any

import hypothesis
import pytest
from flyteidl.core import tasks_pb2
from hypothesis import given
from hypothesis import strategies as st

import fletching.accelerators as catalogue
from fletching.accelerators import (
    A100,
    H100,
    T4,
    TPU,
    V5E,
    V5P,
    BaseAccelerator,
    GPUAccelerator,
    MultiInstanceGPUAccelerator,
    accelerator_from_flyte_idl,
    device_names,
    register_device,
)
from fletching.errors import AcceleratorError

# Constant to bytes, written by flytekit 1.16.31.
GOLDEN = {
    "A10G": "0a0b6e76696469612d61313067",
    "L4": "0a096e76696469612d6c34",
    "L4_VWS": "0a0d6e76696469612d6c342d767773",
    "L40S": "0a0b6e76696469612d6c343073",
    "H100": "0a0b6e76696469612d68313030",
    "H200": "0a0b6e76696469612d68323030",
    "RTX_PRO_6000": "0a136e76696469612d7274782d70726f2d36303030",
    "K80": "0a106e76696469612d7465736c612d6b3830",
    "M60": "0a106e76696469612d7465736c612d6d3630",
    "P4": "0a0f6e76696469612d7465736c612d7034",
    "P100": "0a116e76696469612d7465736c612d70313030",
    "T4": "0a0f6e76696469612d7465736c612d7434",
    "V100": "0a116e76696469612d7465736c612d76313030",
    "A100": "0a116e76696469612d7465736c612d61313030",
    "A100_80GB": "0a106e76696469612d613130302d38306762",
    "V5E": "0a147470752d76352d6c6974652d706f64736c696365",
    "V5P": "0a0d7470752d7635702d736c696365",
    "V6E": "0a0d7470752d7636652d736c696365",
}


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_constants_are_flytekits(name: str) -> None:
    device: BaseAccelerator[Any] = getattr(catalogue, name)
    assert device.to_flyte_idl().SerializeToString(deterministic=True).hex() == GOLDEN[name]
    assert getattr(catalogue, name) is device
    assert name in device_names()
    assert name in dir(catalogue)


def test_the_catalogue_is_complete() -> None:
    assert set(device_names()) == set(GOLDEN)
    assert set(GOLDEN) < set(catalogue.__all__)


def test_parts_of_a_device() -> None:
    assert A100.partition_1g_5gb == A100.partitioned("1g.5gb")
    assert A100.partition_1g_5gb.to_flyte_idl() == tasks_pb2.GPUAccelerator(
        device="nvidia-tesla-a100", partition_size="1g.5gb"
    )
    assert A100.unpartitioned.to_flyte_idl() == tasks_pb2.GPUAccelerator(device="nvidia-tesla-a100", unpartitioned=True)
    assert A100.to_flyte_idl().WhichOneof("partition_size_value") is None
    assert A100.unpartitioned.partitioned("7g.40gb") == A100.partition_7g_40gb
    assert A100.partition_7g_40gb.unpartitioned == A100.unpartitioned
    assert isinstance(V5E.slice_2x4, TPU)
    assert V5P.slice_16x16x24.partition_size == "16x16x24"
    assert "partition_1g_5gb" in dir(A100)
    assert hash(A100.partition_1g_5gb) != hash(A100)


def test_an_unknown_part_is_refused() -> None:
    allowed = "allowed: '1g.5gb', '2g.10gb', '3g.20gb', '4g.20gb', '7g.40gb'"
    with pytest.raises(AcceleratorError) as caught:
        A100.partitioned("1g.6gb")
    assert str(caught.value) == f"'nvidia-tesla-a100' has no partition '1g.6gb'; did you mean '1g.5gb'?; {allowed}"
    with pytest.raises(ValueError) as refused:
        A100.partitioned(1)  # type: ignore[arg-type]
    assert str(refused.value) == f"'nvidia-tesla-a100' has no partition 1; {allowed}"
    with pytest.raises(AcceleratorError, match=r"^'tpu-v5-lite-podslice' has no slice '3x3'"):
        V5E.partitioned("3x3")
    with pytest.raises(AttributeError) as missing:
        A100.partition_1g_6gb  # noqa: B018
    assert str(missing.value) == (
        "'nvidia-tesla-a100' has no 'partition_1g_6gb'; did you mean 'partition_1g_5gb'?; known: partition_1g_5gb,"
        " partition_2g_10gb, partition_3g_20gb, partition_4g_20gb, partition_7g_40gb"
    )
    assert not hasattr(A100, "slice_2x2")
    with pytest.raises(AcceleratorError, match=r"^MultiInstanceGPUAccelerator: 'x' cannot be 'a' and unpartitioned$"):
        MultiInstanceGPUAccelerator("x", ("a",), "a", True)


def test_a_device_needs_a_name() -> None:
    for name in ("", " x", 1, None):
        with pytest.raises(AcceleratorError) as caught:
            GPUAccelerator(name)  # type: ignore[arg-type]
        assert str(caught.value) == f"GPUAccelerator: device is {name!r}, expected a name like 'nvidia-l4'"


def test_an_unknown_constant_is_refused() -> None:
    with pytest.raises(AttributeError) as caught:
        catalogue.A1000  # noqa: B018
    assert str(caught.value) == (
        "module 'fletching.accelerators' has no device 'A1000'; did you mean 'A100'?; register_device adds one"
    )
    assert not hasattr(catalogue, "lower")


def test_a_plugin_adds_a_device() -> None:
    undo = register_device("MI300X", "amd-mi300x", partitions=["cpx", "spx"])
    try:
        found: MultiInstanceGPUAccelerator = catalogue.MI300X
        assert found.partition_cpx.to_flyte_idl().partition_size == "cpx"
        assert accelerator_from_flyte_idl(found.partition_spx.to_flyte_idl()) == found.partition_spx
        again = register_device("MI300X", "amd-mi300x", partitions=("cpx", "spx"))
        again()
        assert found == catalogue.MI300X
        with pytest.raises(AcceleratorError) as caught:
            register_device("MI300X", "other")
        assert str(caught.value) == "register_device: 'MI300X' is already 'amd-mi300x'; choose another name"
    finally:
        undo()
    assert not hasattr(catalogue, "MI300X")
    undo = register_device("V7X", "tpu-v7x", partitions=["2x2x1"], kind="tpu")
    assert catalogue.V7X.slice_2x2x1.partition_size == "2x2x1"
    undo()
    with pytest.raises(AcceleratorError, match=r"^register_device: 'A100' is already 'nvidia-tesla-a100'"):
        register_device("A100", "mine")
    with pytest.raises(AcceleratorError, match=r"^register_device: name is 'x', expected an identifier in upper case$"):
        register_device("x", "x")
    with pytest.raises(AcceleratorError, match=r"^register_device: kind is 'fpga', expected 'gpu' or 'tpu'$"):
        register_device("X", "x", kind="fpga")


def test_a_base_accelerator_is_abstract() -> None:
    with pytest.raises(TypeError):
        BaseAccelerator()  # type: ignore[abstract]


parts = [device.partitioned(size) for device in (A100, V5E, V5P) for size in device.partitions]
devices = st.sampled_from([A100, A100.unpartitioned, H100, T4, V5E, V5E.unpartitioned, *parts])


@hypothesis.settings(deadline=None)
@given(devices | st.builds(GPUAccelerator, st.from_regex(r"[a-z0-9-]+", fullmatch=True)))
def test_law_devices_survive_the_wire_and_copies(device: GPUAccelerator) -> None:
    message = device.to_flyte_idl()
    assert accelerator_from_flyte_idl(message) == device
    assert accelerator_from_flyte_idl(message).to_flyte_idl() == message
    assert copy.deepcopy(device) == pickle.loads(pickle.dumps(device)) == device


@pytest.mark.parametrize("device", ["unknown", "nvidia-tesla-t4"])
def test_a_part_that_the_catalogue_lacks_is_kept(device: str) -> None:
    for message in (
        tasks_pb2.GPUAccelerator(device=device, partition_size="new"),
        tasks_pb2.GPUAccelerator(device=device, unpartitioned=True),
    ):
        assert accelerator_from_flyte_idl(message).to_flyte_idl() == message
