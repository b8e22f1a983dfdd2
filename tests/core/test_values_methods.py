"""A method under ``@task``, which newcomers try: the message says what is wrong with it."""

from __future__ import annotations

import pytest

from fletching import Interface
from fletching.errors import MissingTypeError


def test_a_method_is_told_to_leave_its_class() -> None:
    class Model:
        def fit(self, rows: int) -> int:
            return rows

    with pytest.raises(MissingTypeError) as caught:
        Interface.from_function(Model.fit)
    assert str(caught.value) == (
        "fit: parameter 'self' has no annotation; a method cannot be a task, so move it out of class 'Model' and"
        " pass it what it needs"
    )


def test_a_function_may_have_a_parameter_of_that_name() -> None:
    def fit(self) -> int:  # type: ignore[no-untyped-def]
        return 1

    with pytest.raises(MissingTypeError, match=r"write its type \(self: int\)"):
        Interface.from_function(fit)
