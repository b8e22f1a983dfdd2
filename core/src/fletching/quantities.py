"""Kubernetes quantities: checking them, comparing them, and guessing what a wrong one was meant to be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["GRAMMAR", "parse_quantity", "quantity_problem"]

GRAMMAR = r"(\+|-)?(\d+(?:\.\d*)?|\.\d+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d{1,3})?"
"""Sign, number, and a suffix or an exponent; ASCII digits only."""
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
CPU_UNITS = {"milli": "m", "mcpu": "m", "millicpu": "m", "millicore": "m", "millicores": "m"}
CPU_WORDS = {"c", "core", "cores", "cpu", "cpus", "vcpu", "vcpus"}
ALLOWED = {
    "cpu": "a number of cores or thousandths of one ('2', '0.5', '500m')",
    "mem": "a number of bytes, with a suffix k M G T P E Ki Mi Gi Ti Pi Ei if it is large ('500Mi', '2Gi')",
    "gpu": "a whole number of devices ('1')",
}


def parse_quantity(text: str) -> Fraction:
    """Return the exact value of a quantity: ``"1Ki"`` is 1024, ``"500m"`` a half.

    Raises:
        ValueError: it is not one.
    """
    from fractions import Fraction

    match = re.fullmatch(GRAMMAR, text, re.ASCII)
    if match is None:
        raise ValueError(f"{text!r} is not a quantity")
    sign, number, suffix = match[1], match[2], match[3] or ""
    value = Fraction(number if number[-1] != "." else number[:-1])
    if suffix in BINARY:
        value *= 1 << BINARY[suffix]
    else:
        value *= Fraction(10) ** (DECIMAL[suffix] if suffix in DECIMAL else int(suffix[1:]))
    return -value if sign == "-" else value


def quantity_problem(text: str, kind: str) -> str:
    """Return what is wrong with a quantity and what would be right, or an empty string.

    Args:
        text: the quantity.
        kind: ``cpu``, ``gpu``, or ``mem`` for anything that is counted in bytes.
    """
    fault = fault_of(text, kind)
    if not fault:
        return ""
    guess = suggestion(text, kind)
    return f"{fault}; did you mean {guess!r}?" if guess else f"{fault}, expected {ALLOWED[kind]}"


def fault_of(text: str, kind: str) -> str:
    match = re.fullmatch(GRAMMAR, text, re.ASCII)
    if match is None:
        return "not a quantity that Kubernetes knows"
    suffix = match[3] or ""
    if match[1] == "-":
        return "less than nothing"
    if kind == "cpu" and suffix not in {"", "n", "u", "m", "k"} and suffix[0] not in "eE":
        return "a size, not a number of cores"
    if kind == "mem" and suffix in {"n", "u", "m"}:
        return "a fraction of a byte"
    if kind != "cpu" and not suffix and parse_quantity(text).denominator != 1:
        # With a suffix it is rounded: 0.1Gi is meant, 1.5 bytes is a mistake.
        return "not a whole number of " + ("devices" if kind == "gpu" else "bytes")
    return "not a plain number of devices" if kind == "gpu" and suffix else ""


def suggestion(text: str, kind: str) -> str:
    """Return the valid quantity that was probably meant, or an empty string."""
    match = re.fullmatch(r"\s*([\d.,_]+)\s*([a-zA-Z]*)\s*", text, re.ASCII)
    if match is None:
        return ""
    number, unit = match[1].replace("_", "").replace(",", "."), match[2].lower()
    if kind == "cpu":
        guess = number + ("" if unit in CPU_WORDS else CPU_UNITS.get(unit, unit))
    elif kind == "mem" and unit.removesuffix("ytes").removesuffix("yte") == "b":
        guess = number
    elif kind == "mem":
        # Two letters at most: mb, mib, m and mi are all mebibytes to whoever writes them.
        letter = unit[:1] if unit[1:] in {"", "b", "i", "ib"} else ""
        guess = f"{number}{letter.upper()}i" if letter else number + unit
    else:
        guess = number
    return guess if guess != text and not fault_of(guess, kind) else ""
