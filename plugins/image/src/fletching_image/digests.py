"""The two digests of an image specification: who it is, and what is in it.

Both are of canonical JSON of the fields that are given, so they do not change with the process, its hash seed, the
order of fields, or a later version of this package that has more fields.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from fletching_image.copying import CopyFileDetection, copied, digest_of, files_below
from fletching_image.requirement_files import requirement_files

if TYPE_CHECKING:
    from fletching_image.spec import ImageSpec

__all__ = ["content", "identity", "project_files"]

DIGITS = 32
IDENTITY = (
    "name", "python_version", "packages", "conda_packages", "conda_channels", "apt_packages", "cuda", "cudnn",
    "entrypoint", "commands", "python_exec",
)  # fmt: skip
"""What says who an image is. The rest may differ between the machine that registers and the container."""
CONTENT = (
    "platform", "env", "pip_index", "pip_extra_index_url", "pip_extra_args", "builder_options", "builder_config",
)  # fmt: skip
"""What else changes what is in it."""


def identity(spec: ImageSpec) -> str:
    """Return the digest of the fields alone."""
    said: dict[str, Any] = {name: value for name, value in spec.fields().items() if name in IDENTITY}
    if spec.env:
        said["env"] = sorted(spec.env)  # a value may be the machine's, like a folder; the names are the program's
    if spec.requirements:
        said["requirements"] = _portable(spec.requirements)
    if spec.copy:
        said["copy"] = [_portable(path) for path in spec.copy]
    if spec.base_image is not None:
        said["base_image"] = spec.base_image if isinstance(spec.base_image, str) else spec.base_image.id
    return _digest(said)


def content(spec: ImageSpec) -> str:
    """Return the digest of all that is in the image.

    Raises:
        ConfigError: a file is missing.
    """
    said: dict[str, Any] = {name: value for name, value in spec.fields().items() if name in CONTENT}
    said["id"] = spec.id
    said["python"] = spec.python
    files = project_files(spec)
    if files:
        said["files"] = digest_of(files)
    if spec.requirements:
        said["requirements"] = digest_of(requirement_files(spec.requirements))
    if spec.base_image is not None:
        said["base_image"] = spec.base_image if isinstance(spec.base_image, str) else spec.base_image.image_name()
    return _digest(said)


def project_files(spec: ImageSpec) -> dict[str, str]:
    """Return the path behind each name of the files that the image gets; those of ``copy`` go over the others."""
    mode = spec.source_copy_mode or CopyFileDetection.NO_COPY
    # A copy mode without a folder is about the one that the program is in, which is where it is registered from.
    below = files_below(spec.source_root or os.getcwd(), mode)
    return {**below, **copied(spec.copy or (), spec.source_root)}


def _portable(path: str) -> str:
    """Return a path as it is on every machine: an absolute one by its last part."""
    return os.path.basename(path.rstrip("/")) if os.path.isabs(path) else os.path.normpath(path)


def _digest(said: dict[str, Any]) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=dict)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
