"""What every class of the kit shares: it says what it needs, and cannot be weakened quietly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fletching.errors import PluginContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Conformance"]


class Conformance:
    """Base of the kit's classes; subclass one of those.

    A standard test may be overridden only where it is marked ``@pytest.mark.xfail(reason="…")``: what a plugin does
    differently stays visible in its test report, and with ``xfail_strict`` the mark goes when the reason has gone.
    """

    needed: ClassVar[Mapping[str, str]] = {}
    """What a subclass sets, and what it is."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if _ours(cls):
            return
        for name in cls.__dict__:
            if name.startswith("test_") and any(name in base.__dict__ for base in cls.__mro__[1:] if _ours(base)):
                _check_override(cls, name)
        # A class between the kit's and the one that runs may leave something open.
        missing = [name for name in cls.needed if not hasattr(cls, name)]
        if missing and cls.__name__.startswith("Test"):
            name = missing[0]
            raise PluginContractError(f"{cls.__name__} does not set {name!r}: {cls.needed[name]}")


def _ours(cls: type) -> bool:
    return cls.__module__.startswith("fletching.testing.")


def _check_override(cls: type, name: str) -> None:
    marks = getattr(cls.__dict__[name], "pytestmark", ())
    if not any(mark.name == "xfail" and str(mark.kwargs.get("reason", "")).strip() for mark in marks):
        raise PluginContractError(
            f"{cls.__name__} overrides the standard test {name!r}; mark it @pytest.mark.xfail(reason=...) and say why"
        )
