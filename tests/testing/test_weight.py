import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from tongshi.sip.framing import Framer
from tongshi.sip.message import Request
from tongshi.testing.weight import weigh


@dataclass
class Foreign:
    held: bytes


def test_plain_values_weigh_what_the_interpreter_says() -> None:
    for value in (b"x" * 1000, bytearray(7), "东门", 5, None):
        assert weigh(value) == sys.getsizeof(value)


def test_containers_weigh_with_what_is_in_them_and_once() -> None:
    block = b"x" * 10_000
    for held in ([block], (block,), {block}, {"a": block}, {block: 1}, deque([block]), [[block]]):
        assert 10_000 < weigh(held) < 11_500
    assert weigh([block, block]) < 11_000


def test_instances_of_ours_weigh_with_slots_and_attributes() -> None:
    framer = Framer()
    framer.feed(b"INVITE sip:a@b SIP/2.0\r\nX: " + b"y" * 5000)
    assert weigh(framer) > 5000
    assert weigh(Request("INVITE", "sip:a@b", [("X", "y" * 5000)])) > 5000


def test_what_is_not_ours_weighs_nothing() -> None:
    assert weigh(Foreign(b"x" * 1000)) == 0
    assert weigh(Path("a")) == 0
    assert weigh(print) == 0
