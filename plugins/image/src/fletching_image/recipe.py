"""The recipe of an image: what docker, podman and buildah build it from.

What a specification says never becomes part of a line of shell: packages are lines of a file, and everything else is
an argument of a command that is written as a list. Only ``commands`` are shell, which is what they are for.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from fletching.errors import ConfigError
from fletching_image.digests import project_files
from fletching_image.requirement_files import is_lock, requirement_files
from fletching_image.spec import IMAGE_ID, ImageSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "FILES",
    "PACKAGES",
    "RECIPES",
    "REQUIREMENTS",
    "containerfile",
    "package_lines",
    "secrets",
]

FILES, RECIPES = "files", "requirements"
"""Folders of the build context: what is copied, and what is installed."""
PACKAGES = "packages.txt"
REQUIREMENTS = "exported.txt"
SDK = "fletching>=0.1,<0.2"
"""What a container of a task must have."""

UV = "ghcr.io/astral-sh/uv:0.5.31"
MICROMAMBA = "docker.io/mambaorg/micromamba:2.0.5"
PLACE = "/opt/requirements"
ENVIRONMENT = "/opt/venv"
WORK = "/root"
OWNER = "1000:1000"
APT = 'apt-get update && apt-get install --yes --no-install-recommends "$@" && rm -rf /var/lib/apt/lists/*'
CREDENTIALS = re.compile(r"https?://[^/\s@]+@")


def containerfile(spec: ImageSpec) -> str:
    """Return the recipe.

    Raises:
        ConfigError: a field has no place in it, or names a file that is missing.
    """
    _refuse_what_has_no_place(spec)
    return "".join(f"{line}\n" for line in _lines(spec))


def package_lines(spec: ImageSpec) -> list[str]:
    """Return what is installed besides the file of requirements: the packages, and Fletching if they don't name it."""
    packages = list(spec.packages or ())
    named = any(re.match(r"fletching\s*([\[=<>!~@;,]|$)", package) for package in packages)
    return packages if named else [*packages, SDK]


def secrets(spec: ImageSpec) -> list[tuple[str, str, str]]:
    """Return name, file here and path in the build of each file that only the installation sees."""
    return [(f"pip{number}", here, there) for number, (here, there) in enumerate(spec.pip_secret_mounts or ())]


def _lines(spec: ImageSpec) -> Iterator[str]:
    version = spec.python
    base = spec.base_image
    name = base if isinstance(base, str) else base.image_name() if base else f"docker.io/library/python:{version}-slim"
    yield f"FROM --platform={spec.platform} {name}"
    yield "USER root"
    yield f"COPY --from={UV} /uv /usr/local/bin/uv"
    if spec.conda_packages:
        yield f"COPY --from={MICROMAMBA} /bin/micromamba /usr/local/bin/micromamba"
    if spec.apt_packages:
        yield _run("/bin/sh", "-c", APT, "apt", *spec.apt_packages)
    yield _run("chown", OWNER, "/opt", WORK)
    home = spec.python_exec.rpartition("/")[0] if spec.python_exec else f"{ENVIRONMENT}/bin"
    yield f'ENV PATH="{home}:$PATH" HOME="{WORK}" PYTHONPATH="{WORK}" UV_PYTHON_INSTALL_DIR="/opt/python"'
    yield f"WORKDIR {WORK}"
    yield from _environment(spec, version)
    yield f'COPY --chown={OWNER} ["{RECIPES}/", "{PLACE}/"]'
    yield from _installation(spec)
    yield "USER root"
    yield "ENV " + " ".join(
        f'{key}="{_quoted(value)}"'
        for key, value in {IMAGE_ID: spec.id, **dict(sorted((spec.env or {}).items()))}.items()
    )
    if project_files(spec):
        yield f'COPY --chown={OWNER} ["{FILES}/", "{WORK}/"]'
    for command in spec.commands or ():
        yield _run("/bin/sh", "-c", command)
    if spec.entrypoint is not None:
        yield f"ENTRYPOINT {json.dumps(spec.entrypoint)}"
    yield f"USER {OWNER}"


def _environment(spec: ImageSpec, version: str) -> Iterator[str]:
    if spec.python_exec:
        return
    yield f"USER {OWNER}"
    if spec.conda_packages:
        channels = [word for channel in spec.conda_channels or ("conda-forge",) for word in ("--channel", channel)]
        create = ("micromamba", "create", "--yes", "--root-prefix", "/tmp/micromamba", "--prefix", ENVIRONMENT)  # noqa: S108 - in the image
        yield _run(*create, *channels, f"python={version}", *spec.conda_packages)
    elif not isinstance(spec.base_image, ImageSpec):
        python = version if spec.base_image else "/usr/local/bin/python3"
        yield _run("uv", "venv", "--no-cache", "--allow-existing", "--python", python, ENVIRONMENT)


def _installation(spec: ImageSpec) -> Iterator[str]:
    files = []
    if spec.requirements:
        first = next(iter(requirement_files(spec.requirements)))
        if is_lock(spec.requirements):
            first = REQUIREMENTS
            export = ("uv", "export", "--project", PLACE, "--frozen", "--no-emit-project", "--no-dev", "--no-cache")
            yield _run(*export, "--output-file", f"{PLACE}/{first}")
        files.append(first)
    files.append(PACKAGES)
    words = ["uv", "pip", "install", "--no-cache", "--python", spec.python_exec or f"{ENVIRONMENT}/bin/python3"]
    if spec.python_exec:
        words.append("--break-system-packages")  # the one that was asked for, also if Debian brought it
    words += ["--index-url", spec.pip_index] if spec.pip_index else []
    words += [word for url in spec.pip_extra_index_url or () for word in ("--extra-index-url", url)]
    words += shlex.split(spec.pip_extra_args or "")
    words += [word for file in files for word in ("--requirement", f"{PLACE}/{file}")]
    mode = "" if spec.python_exec else ",uid=1000"
    mounts = (f"--mount=type=secret,id={name},target={there}{mode},mode=0400" for name, _, there in secrets(spec))
    yield _run(*words, mounts=mounts)


def _run(*words: str, mounts: Iterable[str] = ()) -> str:
    return " ".join(("RUN", *mounts, json.dumps(words)))


def _quoted(value: str) -> str:
    r"""Return a value for between double quotes, where ``$NAME`` and ``\$`` keep their meaning."""
    return re.sub(r"\\(?!\$)", r"\\\\", value).replace('"', '\\"')


def _refuse_what_has_no_place(spec: ImageSpec) -> None:
    for field in ("cuda", "cudnn"):
        value = getattr(spec, field)
        if value is not None:
            raise ConfigError(f"ImageSpec: {field} is {value!r}; name a base_image that has it instead")
    if spec.conda_channels and not spec.conda_packages:
        raise ConfigError("ImageSpec: conda_channels is given without conda_packages")
    if spec.conda_packages and spec.python_exec:
        raise ConfigError("ImageSpec: conda_packages need an environment of their own; leave out python_exec")
    for field in ("pip_index", "pip_extra_index_url", "pip_extra_args", "packages"):
        value = getattr(spec, field)
        if any(CREDENTIALS.search(text) for text in ((value,) if isinstance(value, str) else value or ())):
            raise ConfigError(
                f"ImageSpec: {field} holds a password, which would stay in the image; have a netrc file mounted "
                "with pip_secret_mounts"
            )
