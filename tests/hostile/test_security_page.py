"""The page about security names tests that exist."""

import re
from pathlib import Path

TOP = Path(__file__).parent.parent.parent
PAGE = (TOP / "docs" / "security.md").read_text("utf-8")
ACTORS = (
    "An operator",
    "The administrator of the system",
    "The administrator of security",
    "The administrator of audit",
    "A contractor",
    "A superior platform",
    "An attacker on the network",
    "A camera or peer",
    "The owner of the machine",
    "The thief of the store",
    "A program with a token",
)


def test_every_proof_is_there() -> None:
    proofs = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(proofs) > 50
    for path, name in proofs:
        text = (TOP / path).read_text("utf-8")
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), f"{path}::{name}"


def test_every_actor_is_told_what_does_not_stop_them() -> None:
    for actor in ACTORS:
        part = PAGE.split(f"\n## {actor}")[1].split("\n## ")[0]
        assert "*Not stopped.*" in part, actor
