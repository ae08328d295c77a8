from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from tongshi.audit.chain import name_node
from tongshi.audit.head import Head, Purpose, sign
from tongshi.audit.subordinates.store import (
    Witnessed,
    add_witnessed,
    forget_witnessed,
    has_other_key,
    read_last_witnessed,
    read_subordinates,
    read_witnessed,
)


def witnessed(key: int, number: int, *, at: float = 5.0, fault: str = "") -> Witnessed:
    private = Ed25519PrivateKey.from_private_bytes(bytes([key]) * 32)
    public = private.public_key().public_bytes_raw()
    head = Head(Purpose.HEAD, name_node(public), number, number * 2, "ab" * 32, 1.5, 4, 1.0, 0.5)
    return Witnessed(0, public.hex(), sign(head, private), at, f"node {key}", "::1", fault)


def node_of(key: int) -> str:
    return witnessed(key, 1).signed.head.node


def test_heads_are_kept_as_they_came(engine: Engine) -> None:
    heads = [witnessed(1, 1), witnessed(2, 1), witnessed(1, 2, fault="back")]
    with engine.begin() as connection:
        add_witnessed(connection, heads)
        add_witnessed(connection, [])
        found = read_witnessed(connection, node_of(1), 0, 10)
        assert [replace(one, id=0) for one in found] == [heads[0], heads[2]]
        assert read_witnessed(connection, node_of(1), found[0].id, 10) == found[1:]
        assert read_last_witnessed(connection, node_of(1)) == found[1]
        assert read_last_witnessed(connection, "none") is None


def test_each_node_is_told_once(engine: Engine) -> None:
    with engine.begin() as connection:
        assert read_subordinates(connection) == ()
        add_witnessed(connection, [witnessed(1, 1, fault="x"), witnessed(2, 1), witnessed(1, 2)])
        nodes = {one.node: one for one in read_subordinates(connection)}
    assert set(nodes) == {node_of(1), node_of(2)}
    first = nodes[node_of(1)]
    assert (first.heads, first.faults, first.last.signed.head.number) == (2, 1, 2)


def test_a_second_key_of_a_secret_is_known(engine: Engine) -> None:
    with engine.begin() as connection:
        add_witnessed(connection, [witnessed(1, 1)])
        assert has_other_key(connection, "node 1", node_of(2))
        assert not has_other_key(connection, "node 1", node_of(1))
        assert not has_other_key(connection, "node 2", node_of(2))


def test_old_heads_go_but_the_newest_of_each_node(engine: Engine) -> None:
    with engine.begin() as connection:
        heads = [witnessed(1, 1), witnessed(1, 2), witnessed(1, 3, at=9.0), witnessed(2, 1)]
        add_witnessed(connection, heads)
        assert forget_witnessed(connection, 8.0) == 2
        assert len(read_witnessed(connection, node_of(1), 0, 10)) == 1
        assert len(read_witnessed(connection, node_of(2), 0, 10)) == 1
