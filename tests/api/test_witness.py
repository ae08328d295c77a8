"""Heads of subordinate nodes: who may bring them, and what is kept of those that disagree."""

from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tongshi.api.parts import Parts
from tongshi.audit.chain import name_node
from tongshi.audit.head import Head, Purpose, SignedHead, sign, to_plain
from tongshi.audit.statement import read_witness

SECRET = "a-secret-of-enough-signs"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
NODE = name_node(PUBLIC)


def head(number: int, seq: int, digest: str = "ab" * 32) -> SignedHead:
    return sign(Head(Purpose.HEAD, NODE, number, seq, digest, 1.5, seq, 1.0, 0.5), KEY)


def body(*heads: SignedHead) -> dict[str, object]:
    return {"key": PUBLIC.hex(), "heads": [to_plain(one) for one in heads]}


@pytest.fixture
def subordinate(stranger: httpx.Client, tmp_path: Path) -> httpx.Client:
    (tmp_path / "subordinates").write_text(f"# comment\nvillage {SECRET}\nshort abc\n")
    stranger.headers["Authorization"] = f"Bearer {SECRET}"
    return stranger


def test_heads_are_kept_and_the_newest_number_is_told(
    subordinate: httpx.Client, auditor: httpx.Client
) -> None:
    answer = subordinate.post("/api/witness", json=body(head(1, 5), head(2, 9, "cd" * 32)))
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"number": 2}
    again = subordinate.post("/api/witness", json=body(head(2, 9, "cd" * 32)))
    assert again.json() == {"number": 2}
    (row,) = auditor.get("/api/audit/heads").json()["subordinates"]
    assert (row["node"], row["by"], row["heads"], row["faults"]) == (NODE, "village", 2, 0)
    assert row["last"]["seq"] == 9
    file = auditor.get("/api/audit/heads/file", params={"node": NODE})
    kept = list(read_witness(file.text.splitlines(keepends=True)))
    assert kept == [head(1, 5), head(2, 9, "cd" * 32)]


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer abc", "Bearer wrong", f"Basic {SECRET}"])
def test_only_a_known_secret_lets_heads_in(subordinate: httpx.Client, shown: str) -> None:
    subordinate.headers["Authorization"] = shown
    answer = subordinate.post("/api/witness", json=body(head(1, 5)))
    assert answer.status_code == 401


def test_a_secret_that_is_taken_out_counts_no_more(
    subordinate: httpx.Client, tmp_path: Path
) -> None:
    assert subordinate.post("/api/witness", json=body(head(1, 5))).status_code == 200
    (tmp_path / "subordinates").unlink()
    assert subordinate.post("/api/witness", json=body(head(2, 6))).status_code == 401


def test_heads_that_nobody_signed_are_refused(subordinate: httpx.Client) -> None:
    forged = SignedHead(head(1, 5).head, "00" * 64)
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    for wrong in (
        body(forged),
        {**body(head(1, 5)), "key": other.hex()},
        {"key": PUBLIC.hex(), "heads": []},
        {**body(head(1, 5)), "more": 1},
        {"key": "zz" * 32, "heads": body(head(1, 5))["heads"]},
    ):
        assert subordinate.post("/api/witness", json=wrong).status_code == 400
    assert subordinate.post("/api/witness", content=b"{").status_code == 400


@pytest.mark.parametrize(
    ("later", "fault"),
    [(head(1, 4), "back"), (head(3, 9, "ef" * 32), "differs"), (head(3, 3), "back")],
)
def test_a_chain_that_went_back_is_kept_and_told(
    subordinate: httpx.Client,
    auditor: httpx.Client,
    parts: Parts,
    later: SignedHead,
    fault: str,
) -> None:
    subordinate.post("/api/witness", json=body(head(1, 5), head(2, 9)))
    assert subordinate.post("/api/witness", json=body(later)).status_code == 200
    (row,) = auditor.get("/api/audit/heads").json()["subordinates"]
    assert (row["heads"], row["faults"]) == (3, 1)
    (entry,) = auditor.get("/api/audit", params={"what": "audit.witness"}).json()["rows"]
    assert entry["object"] == NODE
    assert entry["person"] == "village"
    assert entry["details"]["fault"] == fault


def test_a_new_key_under_a_known_secret_is_told(
    subordinate: httpx.Client, auditor: httpx.Client
) -> None:
    """Whoever begins a chain anew has lost the old one, or wants it lost."""
    subordinate.post("/api/witness", json=body(head(1, 5)))
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = key.public_key().public_bytes_raw()
    fresh = sign(Head(Purpose.HEAD, name_node(public), 1, 3, "ab" * 32, 1.5, 3, 1.0, 0.5), key)
    told = {"key": public.hex(), "heads": [to_plain(fresh)]}
    assert subordinate.post("/api/witness", json=told).status_code == 200
    (entry,) = auditor.get("/api/audit", params={"what": "audit.witness"}).json()["rows"]
    assert entry["details"]["fault"] == "key"


def test_a_node_that_nobody_knows_has_no_file(auditor: httpx.Client) -> None:
    answer = auditor.get("/api/audit/heads/file", params={"node": "0" * 32})
    assert answer.status_code == 404
