"""GPUs and TPUs a task may ask for, by name: ``from fletching.accelerators import A100``.

A plugin adds a device with `register_device`; it is then found here like the others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fletching.errors import AcceleratorError, close_match
from fletching.frozen import check_text, set_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flyteidl.core import tasks_pb2

    A10G: GPUAccelerator
    L4: GPUAccelerator
    L4_VWS: GPUAccelerator
    L40S: GPUAccelerator
    H100: GPUAccelerator
    H200: GPUAccelerator
    RTX_PRO_6000: GPUAccelerator
    K80: GPUAccelerator
    M60: GPUAccelerator
    P4: GPUAccelerator
    P100: GPUAccelerator
    T4: GPUAccelerator
    V100: GPUAccelerator
    A100: MultiInstanceGPUAccelerator
    A100_80GB: MultiInstanceGPUAccelerator
    V5E: TPU
    V5P: TPU
    V6E: TPU

__all__ = [
    "A10G",
    "A100",
    "A100_80GB",
    "H100",
    "H200",
    "K80",
    "L4",
    "L4_VWS",
    "L40S",
    "M60",
    "P4",
    "P100",
    "RTX_PRO_6000",
    "T4",
    "TPU",
    "V5E",
    "V5P",
    "V6E",
    "V100",
    "BaseAccelerator",
    "GPUAccelerator",
    "MultiInstanceGPUAccelerator",
    "accelerator_from_flyte_idl",
    "device_names",
    "register_device",
]

T = TypeVar("T")

CATALOGUE = """
A10G          nvidia-a10g
L4            nvidia-l4
L4_VWS        nvidia-l4-vws
L40S          nvidia-l40s
H100          nvidia-h100
H200          nvidia-h200
RTX_PRO_6000  nvidia-rtx-pro-6000
K80           nvidia-tesla-k80
M60           nvidia-tesla-m60
P4            nvidia-tesla-p4
P100          nvidia-tesla-p100
T4            nvidia-tesla-t4
V100          nvidia-tesla-v100
A100          nvidia-tesla-a100     1g.5gb 2g.10gb 3g.20gb 4g.20gb 7g.40gb
A100_80GB     nvidia-a100-80gb      1g.10gb 2g.20gb 3g.40gb 4g.40gb 7g.80gb
V5E           tpu-v5-lite-podslice  1x1 2x2 2x4 4x4 4x8 8x8 8x16 16x16
V5P           tpu-v5p-slice         2x2x1 2x2x2 2x4x4 4x4x4 4x4x8 4x8x8 8x8x8 8x8x16 8x16x16 16x16x16 16x16x24
V6E           tpu-v6e-slice         1x1 2x2 2x4 4x4 4x8 8x8 8x16 16x16
"""
"""Constant, the device's name on the wire, and the parts it can be divided into."""


class BaseAccelerator(ABC, Generic[T]):
    """A device that can be asked for with ``@task(accelerator=...)``; subclass it for one that the catalogue lacks."""

    @abstractmethod
    def to_flyte_idl(self) -> tasks_pb2.GPUAccelerator:
        """Return the wire form, ``flyteidl.core.GPUAccelerator``."""


@dataclass(frozen=True)
class GPUAccelerator(BaseAccelerator["GPUAccelerator"]):
    """A whole device."""

    device: str
    """Its name on the wire, which a node's label has to match."""

    def __post_init__(self) -> None:
        if not isinstance(self.device, str) or not self.device or self.device != self.device.strip():
            raise AcceleratorError(
                f"{type(self).__name__}: device is {self.device!r}, expected a name like 'nvidia-l4'"
            )

    def to_flyte_idl(self) -> tasks_pb2.GPUAccelerator:
        """Return the wire form."""
        from flyteidl.core import tasks_pb2

        return tasks_pb2.GPUAccelerator(device=self.device)


@dataclass(frozen=True)
class MultiInstanceGPUAccelerator(GPUAccelerator):
    """A device that can be asked for whole, in part, or without saying.

    ``A100`` leaves it to the platform, ``A100.unpartitioned`` is the whole device, ``A100.partition_1g_5gb`` and
    ``A100.partitioned("1g.5gb")`` are a part of it.
    """

    partitions: tuple[str, ...] = ()
    """The parts it can be divided into."""
    partition_size: str | None = None
    """The part that is asked for, or None."""
    is_unpartitioned: bool = False
    """Whether the whole device is asked for."""

    _prefix = "partition_"
    _word = "partition"

    def __post_init__(self) -> None:
        super().__post_init__()
        set_field(self, "partitions", tuple(self.partitions))
        check_text(self, "partition_size", optional=True, empty=False)
        if self.partition_size is not None:
            self._check(self.partition_size)
            if self.is_unpartitioned:
                raise AcceleratorError(
                    f"{type(self).__name__}: {self.device!r} cannot be {self.partition_size!r} and unpartitioned"
                )

    @property
    def unpartitioned(self) -> MultiInstanceGPUAccelerator:
        """The same device, whole."""
        return replace(self, partition_size=None, is_unpartitioned=True)

    def partitioned(self, partition_size: str) -> MultiInstanceGPUAccelerator:
        """Return the part of the device that has this size."""
        self._check(partition_size)
        return replace(self, partition_size=partition_size, is_unpartitioned=False)

    def _check(self, size: str) -> None:
        if self.partitions and size not in self.partitions:
            guess = close_match(size, self.partitions) if isinstance(size, str) else ""
            allowed = ", ".join(map(repr, self.partitions))
            raise AcceleratorError(f"{self.device!r} has no {self._word} {size!r}{guess}; allowed: {allowed}")

    def __getattr__(self, name: str) -> MultiInstanceGPUAccelerator:
        if name.startswith(self._prefix):
            for size in self.partitions:
                if name == self._prefix + size.replace(".", "_"):
                    return self.partitioned(size)
            known = [self._prefix + size.replace(".", "_") for size in self.partitions]
            raise AttributeError(
                f"{self.device!r} has no {name!r}{close_match(name, known)}; known: {', '.join(known)}"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(self._prefix + size.replace(".", "_") for size in self.partitions)]

    def to_flyte_idl(self) -> tasks_pb2.GPUAccelerator:
        """Return the wire form; the choice of part is absent if none was made."""
        message = super().to_flyte_idl()
        if self.partition_size is not None:
            message.partition_size = self.partition_size
        elif self.is_unpartitioned:
            message.unpartitioned = True
        return message


@dataclass(frozen=True)
class TPU(MultiInstanceGPUAccelerator):
    """A TPU, whose parts are called slices: ``V5E.slice_2x4``."""

    _prefix = "slice_"
    _word = "slice"

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> TPU: ...


REGISTERED: dict[str, GPUAccelerator] = {}
"""Devices by constant, made on first use or added by `register_device`."""


def register_device(name: str, device: str, *, partitions: Iterable[str] = (), kind: str = "gpu") -> Callable[[], None]:
    """Add a device as ``fletching.accelerators.NAME``.

    Args:
        name: the constant, in upper case.
        device: the name on the wire.
        partitions: the parts it can be divided into.
        kind: ``gpu`` or ``tpu``.

    Returns:
        a function that takes the device away again.
    """
    if not isinstance(name, str) or not name.isidentifier() or not name.isupper():
        raise AcceleratorError(f"register_device: name is {name!r}, expected an identifier in upper case")
    if kind not in {"gpu", "tpu"}:
        raise AcceleratorError(f"register_device: kind is {kind!r}, expected 'gpu' or 'tpu'")
    made = make(device, tuple(partitions), kind)
    known = find_device(name)
    if known is not None and known != made:
        raise AcceleratorError(f"register_device: {name!r} is already {known.device!r}; choose another name")
    REGISTERED[name] = made

    def undo() -> None:
        if known is None:
            REGISTERED.pop(name, None)

    return undo


def device_names() -> tuple[str, ...]:
    """Return the constants of all devices, sorted."""
    return tuple(sorted({line.split()[0] for line in CATALOGUE.split("\n") if line} | set(REGISTERED)))


def find_device(name: str) -> GPUAccelerator | None:
    found = REGISTERED.get(name)
    if found is None:
        for line in CATALOGUE.split("\n"):
            constant, *rest = line.split() or [""]
            if constant == name:
                device, *partitions = rest
                return REGISTERED.setdefault(name, make(device, tuple(partitions), device[:3]))
    return found


def make(device: str, partitions: tuple[str, ...], kind: str) -> GPUAccelerator:
    if kind == "tpu":
        return TPU(device, partitions)
    return MultiInstanceGPUAccelerator(device, partitions) if partitions else GPUAccelerator(device)


def accelerator_from_flyte_idl(message: tasks_pb2.GPUAccelerator) -> GPUAccelerator:
    """Return the device of a wire form; one that the catalogue lacks keeps its name and part."""
    choice = message.WhichOneof("partition_size_value")
    for name in device_names():
        known = find_device(name)
        if known is not None and known.device == message.device:
            break
    else:
        known = MultiInstanceGPUAccelerator(message.device) if choice else GPUAccelerator(message.device)
    if choice is None:
        return known
    if not isinstance(known, MultiInstanceGPUAccelerator):
        known = MultiInstanceGPUAccelerator(known.device)
    return known.partitioned(message.partition_size) if choice == "partition_size" else known.unpartitioned


def __getattr__(name: str) -> Any:
    found = find_device(name) if name.isupper() else None
    if found is None:
        guess = close_match(name, device_names()) if name.isupper() else ""
        raise AttributeError(f"module {__name__!r} has no device {name!r}{guess}; register_device adds one")
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *device_names()})
