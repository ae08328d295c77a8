"""A deviation is handled if its scenario passes, and fails once the handling is taken away."""

from collections.abc import Callable

import pytest

from tongshi.errors import Error

Without = Callable[[pytest.MonkeyPatch], None]
Prove = Callable[[Callable[[], None], Without], None]


@pytest.fixture
def prove() -> Prove:
    """Return a function that proves a scenario with the handling, and disproves it without."""

    def judge(scenario: Callable[[], None], without: Without) -> None:
        scenario()
        with pytest.MonkeyPatch.context() as patch:
            without(patch)
            with pytest.raises((AssertionError, Error, LookupError, ValueError)):
                scenario()
        scenario()  # the handling is back, so it was this that was missing

    return judge
