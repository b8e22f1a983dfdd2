"""Which files nobody wants in a bundle: the patterns of ``.gitignore``, ``.dockerignore`` and ``.flyteignore``."""

from __future__ import annotations

import functools
import os
import re
from copy import copy
from dataclasses import dataclass, replace

__all__ = ["IGNORE_FILES", "Ignored", "Rule", "rules_of"]

IGNORE_FILES = (".gitignore", ".flyteignore")
"""Read in every folder, for what is below it; both are written as git wants it."""
DOCKER_FILE = ".dockerignore"
"""Read in the topmost folder only; its patterns start there."""

STANDARD = [
    ".git/",
    ".hg/",
    ".svn/",
    ".venv/",
    ".tox/",
    ".nox/",
    ".eggs/",
    ".idea/",
    ".ipynb_checkpoints/",
    ".mypy_cache/",
    ".pytest_cache/",
    ".ruff_cache/",
    ".hypothesis/",
    ".cache/",
    "__pycache__/",
    "node_modules/",
    "*.egg-info/",
    "*.pyc",
    "*.pyo",
    ".DS_Store",
]
"""Not wanted: histories, caches and environments. An ignore file may take one back, but for ``.git``: ``!.cache/``."""

SECRETS = [
    *(".env", ".env.*", ".envrc", ".netrc", "_netrc", ".pgpass", ".htpasswd"),
    *(".pypirc", ".npmrc", ".git-credentials", ".dockercfg", "**/.docker/config.json", "credentials.json"),
    *("kubeconfig", "kubeconfig.y*ml", "*.kubeconfig"),
    *(".aws/", ".kube/", ".ssh/", ".gnupg/"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "!id_*.pub", "!id_*.py"),
]
"""What holds secrets, whatever the case of its letters: no code, and everybody could read it who may read a bundle. An
ignore file may take one back."""

PUBLIC = ("-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One line of an ignore file."""

    matcher: re.Pattern[str]
    """Matches the relative path, with slashes, of what the line is about."""
    keep: bool
    """Whether the line takes something back."""
    folders_only: bool
    base: str
    """The folder of the file that holds the line, relative with a slash at its end, or empty."""
    prefix: str = ""
    """For a file above the root: the way from its folder to the root, with a slash at its end."""
    secret: bool = False
    """Whether the line is one of ours about secrets."""

    def decides(self, path: str, *, is_folder: bool) -> bool:
        """Return whether the line is about ``path``."""
        if self.folders_only and not is_folder:
            return False
        text = self.prefix + path.removeprefix(self.base)
        return path.startswith(self.base) and self.matcher.fullmatch(text) is not None


class Ignored:
    """Answers, on the way down a tree, which entries to leave out; the last line that matches decides.

    Args:
        root: the topmost folder.
    """

    def __init__(self, root: str) -> None:
        self.secrets: list[str] = []
        """What was left out because it may hold secrets, and for no other reason."""
        self._root = root
        self._git = [*_standard(), *_of_parents(root)]
        self._docker = _docker_rules(os.path.join(root, DOCKER_FILE))

    def entered(self, folder: str, relative: str) -> Ignored:
        """Return this with what the ignore files of a folder say about what is below it."""
        more = [rule for name in IGNORE_FILES for rule in rules_of(os.path.join(folder, name), relative)]
        if not more:
            return self
        inner = copy(self)
        inner._git = self._git + more
        return inner

    def skips(self, path: str, *, is_folder: bool) -> bool:
        """Return whether the entry, named relative to the root with slashes, is left out with all that is below it."""
        if path.endswith("/.git") or path == ".git":
            return True
        # A folder that docker's file leaves out may hold what a later line takes back.
        taken_back = is_folder and any(rule.keep for rule in self._docker)
        if not taken_back and self._skipped_by_docker(path, is_folder=is_folder):
            return True
        rule = next((rule for rule in reversed(self._git) if rule.decides(path, is_folder=is_folder)), None)
        if rule is None or rule.keep:
            return False
        if rule.secret:
            if path.lower().endswith(".pem") and _is_public(os.path.join(self._root, path)):
                return False
            self.secrets.append(path)
        return True

    def _skipped_by_docker(self, path: str, *, is_folder: bool) -> bool:
        skipped = False
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(1, len(parts))]
        for rule in self._docker:
            if rule.decides(path, is_folder=is_folder) or any(rule.decides(each, is_folder=True) for each in above):
                skipped = not rule.keep
        return skipped


def rules_of(file: str, folder: str) -> list[Rule]:
    """Return the rules of an ignore file in git's form; none if there is no such file.

    Args:
        file: the ignore file.
        folder: where it lies, relative to the root, or empty.
    """
    base = f"{folder}/" if folder else ""
    return [rule for line in _lines(file) if (rule := _git_rule(line, base)) is not None]


@functools.cache
def _standard() -> tuple[Rule, ...]:
    unwanted = [rule for line in STANDARD if (rule := _git_rule(line, "")) is not None]
    secrets = [rule for line in SECRETS if (rule := _git_rule(line, "")) is not None]
    anycase = [replace(each, matcher=re.compile(each.matcher.pattern, re.DOTALL | re.IGNORECASE)) for each in secrets]
    return (*unwanted, *(replace(each, secret=True) for each in anycase))


def _is_public(file: str) -> bool:
    """Return whether a file holds certificates or public keys, and no private one beside them."""
    try:
        with open(file, encoding="ascii", errors="replace") as stream:
            text = stream.read()
    except OSError:
        return False
    return "PRIVATE KEY" not in text and any(mark in text for mark in PUBLIC)


def _lines(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8-sig", errors="surrogateescape", newline="\n") as stream:
            return stream.read().split("\n")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return []


def _of_parents(root: str) -> list[Rule]:
    """Return the rules that git would apply from above the root: up to the folder with the repository."""
    found: list[list[Rule]] = []
    below, folder = "", os.path.realpath(root)
    while not os.path.exists(os.path.join(folder, ".git")):
        folder, name = os.path.split(folder)
        if not name:
            return []  # no repository: what lies above is none of this project's business
        below = f"{name}/{below}"
        found.append([replace(rule, prefix=below) for rule in rules_of(os.path.join(folder, ".gitignore"), "")])
    exclude = rules_of(os.path.join(folder, ".git", "info", "exclude"), "")
    found.append([replace(rule, prefix=below) for rule in exclude])
    return [rule for rules in reversed(found) for rule in rules]


def _git_rule(line: str, base: str) -> Rule | None:
    """Return the rule of one line, or None for a comment, an empty line and a pattern that matches nothing."""
    line = line.removesuffix("\r")
    while line.endswith(" ") and not line.endswith("\\ "):
        line = line[:-1]
    if not line or line.startswith("#"):
        return None
    keep = line.startswith("!")
    if keep:
        line = line[1:]
    folders_only = line.endswith("/")
    line = line.removesuffix("/")
    if not line:
        return None
    anchored = "/" in line
    pattern = _translate(line.removeprefix("/"))
    if pattern is None:
        return None
    if not anchored:
        pattern = f"(?:.*/)?{pattern}"
    return Rule(matcher=re.compile(pattern, re.DOTALL), keep=keep, folders_only=folders_only, base=base)


def _docker_rules(file: str) -> list[Rule]:
    found = []
    for line in _lines(file):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        keep = text.startswith("!")
        text = os.path.normpath(text.removeprefix("!").strip()).lstrip("/")
        pattern = _translate(text) if text not in ("", ".") else None
        if pattern is not None:
            found.append(Rule(matcher=re.compile(pattern, re.DOTALL), keep=keep, folders_only=False, base=""))
    return found


def _translate(glob: str) -> str | None:
    """Return the regular expression of a glob: ``*`` and ``?`` stay within a name, ``**`` spans folders."""
    result, position = "", 0
    while position < len(glob):
        letter = glob[position]
        position += 1
        if letter == "*":
            stars = position - 1
            while glob[position : position + 1] == "*":
                position += 1
            alone = (stars == 0 or glob[stars - 1] == "/") and glob[position : position + 1] in ("", "/")
            if position - stars < 2 or not alone:
                result += "[^/]*"
            elif position == len(glob):
                result += ".+"
            else:
                result += "(?:.*/)?"
                position += 1
        elif letter == "?":
            result += "[^/]"
        elif letter == "[":
            found = _bracket(glob, position)
            if found is None:
                return None
            text, position = found
            result += text
        elif letter == "\\":
            if position == len(glob):
                return None
            result += re.escape(glob[position])
            position += 1
        else:
            result += re.escape(letter)
    return result


_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


def _bracket(glob: str, position: int) -> tuple[str, int] | None:
    """Return the expression of ``[...]`` and where it ends, or None if it does not end."""
    negated = glob[position : position + 1] in ("!", "^")
    position += negated
    parts: list[str] = []
    first = True
    while True:
        letter = glob[position : position + 1]
        if not letter:
            return None
        if letter == "]" and not first:
            break
        first = False
        if letter == "[" and glob[position + 1 : position + 2] == ":" and (end := glob.find(":]", position)) > 0:
            known = _CLASSES.get(glob[position + 2 : end])
            if known is None:
                return None
            parts.append(known)
            position = end + 2
            continue
        if letter == "\\":
            position += 1
            letter = glob[position : position + 1]
            if not letter:
                return None
        position += 1
        last = glob[position + 1 : position + 2]
        if glob[position : position + 1] == "-" and last and last != "]":
            position += 2
            if last == "\\":
                last = glob[position : position + 1]
                position += 1
            if last and letter <= last:
                parts.append(f"{re.escape(letter)}-{re.escape(last)}")
        else:
            parts.append(re.escape(letter))
    if not parts:
        return ("[^/]" if negated else "(?!)"), position + 1
    return f"(?!/)[{'^' if negated else ''}{''.join(parts)}]", position + 1
