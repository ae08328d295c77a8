"""The limit of open files, on a limit of this test's own."""

import logging
import resource

import pytest

from tongshi.net.descriptors import allow


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "granted", "warned"),
    [
        (1024, 4096, 512, 1024, False),
        (1024, 4096, 2048, 2048, False),
        (1024, 4096, 9000, 4096, True),
        (4096, 4096, 9000, 4096, True),
        (1024, resource.RLIM_INFINITY, 9000, 9000, False),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 9000, resource.RLIM_INFINITY, False),
    ],
)
def test_the_limit_is_raised_as_far_as_it_may_be(
    soft: int,
    hard: int,
    wanted: int,
    granted: int,
    warned: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    limits = [soft, hard]
    monkeypatch.setattr(resource, "getrlimit", lambda which: tuple(limits))
    monkeypatch.setattr(
        resource, "setrlimit", lambda which, pair: limits.__setitem__(slice(2), list(pair))
    )
    with caplog.at_level(logging.WARNING):
        assert allow(wanted) == granted
    assert limits == [granted, hard]
    assert ("LimitNOFILE" in caplog.text) == warned
