"""Profiles, admission, upgrades, traces: what holds, and what is told when it does not."""

from collections.abc import Callable
from typing import Any

import pytest

from tongshi.cli.staff import Post
from tongshi.cli.trial import peers
from tongshi.cli.trial.site import Site
from tongshi.testing.aside import Aside

pytestmark = pytest.mark.network

Make = Callable[[Any], str]
Plant = Callable[[str, Callable[[Any], Any]], None]


def test_what_holds(holds: Make) -> None:
    assert "6 tongshi, 1 tp-link" in holds(peers.profile)
    assert "denied, refused without its password, redirected" in holds(peers.admit)
    assert "65536 bytes fetched" in holds(peers.upgrade)
    assert "the question, its answer" in holds(peers.trace)


def test_another_makers_profile(aside: Aside[Site], breaks: Make) -> None:
    path = "/devices/34020000001320000004/profile"
    aside.call(lambda site: site.call("PUT", path, {"preset": "dahua"}, Post.SYSTEM))
    try:
        assert breaks(peers.profile).startswith("TP-LINK: the interface says 'dahua'")
    finally:
        aside.call(lambda site: site.call("PUT", path, {}, Post.SYSTEM))


def test_a_profile_without_its_reason(breaks: Make, lie: Plant) -> None:
    lie("GET .*/profile", lambda told: {**told, "ground": "edition"})
    assert "chosen by edition" in breaks(peers.profile)


@pytest.mark.usefixtures("impatient")
def test_a_device_that_gets_in_though_denied(breaks: Make, lie: Plant) -> None:
    lie(r"GET /devices/34020000001320000003$", lambda told: {**told, "state": "online"})
    assert breaks(peers.admit) == "after 0.5 s a device that was refused is online"


def test_a_device_that_says_it_is_registered(breaks: Make, mislead: Plant) -> None:
    mislead("state", lambda told: {**told, "registered": True})
    assert breaks(peers.admit) == "the device says that it is registered"


def test_a_refusal_by_another_word(breaks: Make, mislead: Plant) -> None:
    mislead("unregistered", lambda told: {**told, "status": told["status"] and 500})
    assert breaks(peers.admit) == "a denied device is refused with 500"


def test_a_redirection_that_leads_elsewhere(breaks: Make, mislead: Plant) -> None:
    mislead("redirected", lambda told: {**told, "port": 1})
    assert breaks(peers.admit).startswith("redirected to: the interface says")


def test_an_upgrade_that_fails(breaks: Make, odd: Callable[..., None]) -> None:
    odd(4, "upgrade-fails")
    assert breaks(peers.upgrade).startswith("failed: ")


def test_a_device_that_keeps_its_old_firmware(breaks: Make, mislead: Plant) -> None:
    mislead("state", lambda told: {**told, "firmware": "1.0"})
    assert breaks(peers.upgrade).startswith("firmware of the device")


def test_a_trace_without_the_answer(breaks: Make, lie: Plant) -> None:
    def deaf(told: dict[str, Any]) -> dict[str, Any]:
        return {**told, "rows": [row for row in told["rows"] if row["source"] == "platform"]}

    lie(r"GET /traces/[^/]+$", deaf)
    assert breaks(peers.trace).startswith("no (False, '200', '')")


def test_a_trace_of_nobody(breaks: Make, lie: Plant) -> None:
    lie(r"GET /traces/[^/]+$", lambda told: {**told, "names": ["", ""]})
    assert breaks(peers.trace) == "['', '']"
