"""The checks of an image specification: each error names the field, what it is, and what it may be."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fletching.errors import ConfigError
from fletching_image.copying import CopyFileDetection

__all__ = ["check", "frozen", "one_or_several", "refuse"]

MANY = (
    "packages",
    "conda_packages",
    "conda_channels",
    "apt_packages",
    "pip_extra_index_url",
    "entrypoint",
    "commands",
    "copy",
    "runtime_packages",
)
"""Fields that are lists of strings."""
TEXTS = (
    "python_version",
    "builder",
    "source_root",
    "requirements",
    "cuda",
    "cudnn",
    "pip_index",
    "pip_extra_args",
    "registry_config",
    "tag_format",
    "python_exec",
)
"""Fields that are a string or None."""
FREE = {"commands", "entrypoint"}
"""Lists whose items may have several lines: they are code."""

PATH = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
NAME = re.compile(rf"{PATH}(?:/{PATH})*")
REGISTRY = re.compile(rf"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]+)?(?:/{PATH})*")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
VERSION = re.compile(r"3\.[0-9]+(?:\.[0-9]+)?")
PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9]+)?")
APT = re.compile(r"[a-z0-9][a-z0-9+.-]*(?::[a-z0-9]+)?(?:=[A-Za-z0-9.+:~-]+|/[a-z0-9-]+)?")


def refuse(field: str, value: object, allowed: str) -> ConfigError:
    """Return the error for a field."""
    return ConfigError(f"ImageSpec: {field} is {value!r}, expected {allowed}")


def check(field: str, value: Any) -> Any:
    """Return the value of a field as it is kept.

    Raises:
        ConfigError: it may not be that.
    """
    if field in MANY:
        return _strings(field, value)
    if field in TEXTS:
        value = _text(field, value)
    special = SPECIAL.get(field)
    return value if special is None or (value is None and field != "name") else special(field, value)


def frozen(value: Any) -> Any:
    """Return a value that cannot be changed, with mappings as sorted pairs: equal for equal data."""
    if isinstance(value, Mapping):
        return ("{}", *sorted((str(key), frozen(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return ("[]", *(frozen(item) for item in value))
    return value


def one_or_several(field: str, given: Any) -> tuple[str, ...]:
    """Return what a ``with_…`` method was given, a string or a list of strings, as a tuple."""
    if isinstance(given, str):
        given = [given]
    if given is None:
        raise refuse(field, given, "a str or a list of str")
    found: tuple[str, ...] = check(field, given)
    return found


def _strings(field: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        hint = f"; write [{value!r}]" if isinstance(value, str) else ""
        raise refuse(field, value, f"a list of str, or None{hint}")
    for item in value:
        if not item.strip():
            raise refuse(field, value, "a list of str, none of them empty")
        if field not in FREE and not item.isprintable():
            raise refuse(field, value, f"a list of str of one line each, and {item!r} is none")
        if item.startswith("-") and field.startswith("conda_"):
            raise refuse(field, value, f"a list of names, and {item!r} is an option")
        if field == "apt_packages" and not APT.fullmatch(item):
            raise refuse(field, value, f"a list of Debian packages, and {item!r} cannot be one")
    return tuple(value)


def _text(field: str, value: Any) -> str | None:
    if value is None or value == "":
        return None  # an unset variable of a shell means the same as no value
    if not isinstance(value, str):
        hint = f"; write {str(value)!r}" if isinstance(value, (int, float)) else ""
        raise refuse(field, value, f"a str or None{hint}")
    if not value.isprintable():
        raise refuse(field, value, "a str of one line")
    return value


def _name(field: str, value: Any) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value.lower()):
        raise refuse(field, value, "the name of a repository, like 'training' or 'team/training'")
    return value.lower()


def _registry(field: str, value: Any) -> str | None:
    if value == "":
        return None
    if not isinstance(value, str) or not REGISTRY.fullmatch(value.lower()):
        raise refuse(field, value, "a registry, like 'localhost:30000', 'ghcr.io/NAME' or 'docker.io/NAME', or None")
    return value.lower()


def _version(field: str, value: str) -> str:
    if not VERSION.fullmatch(value):
        raise refuse(field, value, "a version of Python, like '3.12' or '3.12.4', or None")
    return value


def _platform(field: str, value: Any) -> str:
    if not isinstance(value, str) or not PLATFORM.fullmatch(value):
        raise refuse(field, value, "an operating system and an architecture, like 'linux/amd64', or None")
    return value


def _base(field: str, value: Any) -> Any:
    if isinstance(value, str):
        if value and value.isprintable() and not any(map(str.isspace, value)) and not value.startswith("-"):
            return value
    elif callable(getattr(value, "image_name", None)):
        return value
    raise refuse(field, value, "the name of an image, an ImageSpec or None")


def _env(field: str, value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise refuse(field, value, "a dict of str to str, or None")
    for key, item in value.items():
        if not isinstance(key, str) or not VARIABLE.fullmatch(key):
            raise refuse(f"{field} key", key, "the name of an environment variable")
        if not isinstance(item, (str, int, float)) or isinstance(item, bool):
            raise refuse(f"{field}[{key!r}]", item, "a str")
        if not all(letter.isprintable() or letter == "\t" for letter in str(item)):
            raise refuse(f"{field}[{key!r}]", item, "a str of one line")
    return {key: str(item) for key, item in value.items()}


def _options(field: str, value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise refuse(field, value, "a dict by str, or None")
    try:
        # A copy: what the caller does to parts of it later is no matter of this value.
        return json.loads(json.dumps(dict(value)))
    except (TypeError, ValueError) as error:
        raise refuse(field, value, f"a dict of plain data ({error})") from None


def _mounts(field: str, value: Any) -> Any:
    pairs = isinstance(value, (list, tuple)) and all(
        isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(item, str) for item in pair) for pair in value
    )
    if not pairs:
        raise refuse(field, value, "a list of pairs of a file here and its path in the build, or None")
    for here, there in value:
        if not here or not re.fullmatch(r"/[\w./-]+", there):
            raise refuse(field, value, f"pairs of a file here and an absolute path in the build, not {(here, there)!r}")
    return tuple(value)


def _mode(field: str, value: Any) -> CopyFileDetection:
    if not isinstance(value, CopyFileDetection):
        raise refuse(field, value, "a CopyFileDetection or None")
    return value


def _tag_format(field: str, value: str) -> str:
    try:
        made = value.format(spec_hash="0" * 8)
    except (LookupError, ValueError, AttributeError) as error:
        raise refuse(field, value, "a text with {spec_hash} in it") from error
    if not re.fullmatch(r"\w[\w.-]*", made, re.ASCII):
        raise refuse(field, value, "a text that makes a tag: letters, digits, '_', '.' and '-'")
    return value


def _absolute(field: str, value: str) -> str:
    if not re.fullmatch(r"/[\w./+-]+", value):
        raise refuse(field, value, "the absolute path of a Python in the base image")
    return value


SPECIAL = {
    "name": _name,
    "python_version": _version,
    "env": _env,
    "registry": _registry,
    "base_image": _base,
    "platform": _platform,
    "pip_secret_mounts": _mounts,
    "tag_format": _tag_format,
    "source_copy_mode": _mode,
    "python_exec": _absolute,
    "builder_options": _options,
    "builder_config": _options,
}
"""What a field must be besides a string or a list of them."""
