"""Documentation that is given, beside docstrings."""

from sdk import Description, Documentation, SourceCode, task


@task(docs=Documentation(short_description="given"))
def without_docstring(a: int) -> int:
    return a


@task(
    docs=Documentation(long_description=Description(value="given"), source_code=SourceCode(link="https://example.com"))
)
def with_docstring(a: int) -> int:
    """One line."""
    return a


@task(docs=Documentation(short_description="given", long_description=Description(value="given, long")))
def docstring_wins(a: int) -> int:
    """Short of the docstring.

    Long of the docstring.
    """
    return a
