"""What every distribution that plugs into Fletching has in common."""

from __future__ import annotations

import ast
from functools import cached_property
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from fletching.testing.conformance import Conformance
from fletching.testing.fresh import import_freshly

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["PluginConformance"]

PUBLIC = ("fletching", "fletching.errors", "fletching.extend")
"""What a plugin may import of core."""


class PluginConformance(Conformance):
    """Checks how a plugin is packaged: what it claims, what its import costs, what its wheel carries."""

    needed: ClassVar[Mapping[str, str]] = {"distribution": "the name it is installed by, such as 'fletching-shout'"}

    distribution: ClassVar[str]
    """The name it is installed by."""

    @property
    def package(self) -> str:
        """The name it is imported by; override it where the two differ by more than their dashes."""
        return self.distribution.replace("-", "_")

    @cached_property
    def _metadata(self) -> metadata.Distribution:
        return metadata.distribution(self.distribution)

    @property
    def _folder(self) -> Path:
        place = import_module(self.package).__file__
        assert place, f"{self.package} has no __init__.py"
        return Path(place).parent

    def test_every_entry_point_loads_from_the_package(self) -> None:
        """What is claimed in the metadata is there, in this package and in no other."""
        ours = [point for point in self._metadata.entry_points if point.group.startswith("fletching.")]
        assert ours, f"{self.distribution} has no entry point in a group of Fletching: nothing will ever find it"
        for point in ours:
            assert point.module.partition(".")[0] == self.package, f"{point.name!r} leads to {point.value!r}, not here"
            point.load()

    def test_importing_the_package_loads_nothing_else(self) -> None:
        """Its names are resolved when they are used: who only lists them pays nothing."""
        report = import_freshly(self.package)
        assert not report.said, f"importing {self.package} prints {report.said!r}"
        others = report.outside(self.package)
        assert not others, f"importing {self.package} loads {others}; resolve its names in a module __getattr__"

    def test_the_config_needs_the_standard_library_alone(self) -> None:
        """What users write is made where the pipeline is written, often without the libraries that run it."""
        if not self._metadata.entry_points.select(group="fletching.tasks"):
            return  # a plugin of another kind has no configs
        report = import_freshly(f"{self.package}.config")
        others = [name for name in report.outside(self.package) if name not in ("fletching", "fletching.errors")]
        assert not others, f"importing {self.package}.config loads {others}; move what needs them to task.py"

    def test_the_public_names_are_listed_and_there(self) -> None:
        """``__all__`` is sorted and each name in it exists, also for ``dir()``."""
        package = import_module(self.package)
        assert list(package.__all__) == sorted(package.__all__), f"{self.package}.__all__ is not sorted"
        assert set(package.__all__) <= set(dir(package)), f"dir({self.package}) leaves out names of its __all__"
        for name in package.__all__:
            assert getattr(package, name) is not None, f"{self.package}.{name} is None"

    def test_an_unknown_name_is_an_attribute_error(self) -> None:
        """A lazy package still says what it does not have."""
        package = import_module(self.package)
        found = getattr(package, "no_such_name", None)
        assert found is None, f"{self.package}.no_such_name is {found!r}"

    def test_only_public_names_of_core_are_used(self) -> None:
        """The rest of core may change in any release."""
        for source in sorted(self._folder.rglob("*.py")):
            for name, line in _imports(source):
                public = name.partition(".")[0] != "fletching" or name in PUBLIC
                assert public, f"{source.name}:{line} imports {name}; a plugin uses {', '.join(PUBLIC)}"

    def test_the_wheel_is_complete(self) -> None:
        """Type checkers find the annotations, lawyers the licence, users a description."""
        facts = self._metadata.metadata
        assert (self._folder / "py.typed").is_file(), f"{self.package}/py.typed is missing"
        assert facts.get_all("License-File"), "the metadata names no licence file"
        assert facts["Summary"], "the metadata has no description"
        assert facts.json.get("description"), "the metadata has no README"

    def test_the_range_on_core_has_two_ends(self) -> None:
        """A core too old or too new is refused by the installer, and again when the plugin is loaded."""
        from packaging.requirements import Requirement

        needs = [Requirement(text) for text in self._metadata.requires or ()]
        ranges = [need.specifier for need in needs if need.name == "fletching"]
        assert ranges, "the metadata does not require fletching"
        ends = {part.operator for specifier in ranges for part in specifier}
        both = (ends & {">=", ">"} and ends & {"<", "<="}) or ends & {"~=", "=="}
        assert both, f"require a range such as 'fletching>=0.1,<0.2', not {str(ranges[0])!r}"


def _imports(source: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
