"""The staff of a demonstration: appointed once, each with what the post needs and no more."""

import asyncio
from pathlib import Path

import pytest

from tongshi.access.permission import ADMINISTRATORS
from tongshi.app.node import Node
from tongshi.cli.demo import settings_for
from tongshi.cli.staff import Member, Post, appoint, describe, enter, seat
from tongshi.errors import Conflict
from tongshi.testing.client import Refused

SECRET = "aaaaa-bbbbb-ccccc-ddddd"


@pytest.mark.network
def test_every_post_is_filled_once(tmp_path: Path) -> None:
    async def main() -> None:
        given = settings_for(tmp_path, "127.0.0.1", check=True)
        async with Node(given) as node:
            staff = await asyncio.to_thread(appoint, node)
            assert set(staff) == set(Post)
            assert len({member.password for member in staff.values()}) == len(Post)
            people = {person.name: person for person in node.people.everybody()}
            roles = [people[member.name].role for member in staff.values()]
            assert set(roles) >= ADMINISTRATORS
            with pytest.raises(Conflict):
                await asyncio.to_thread(enter, node, Post.OFFICER)
        async with Node(given) as node:
            assert await asyncio.to_thread(appoint, node) == {}
            with pytest.raises(Conflict, match="not new"):
                await asyncio.to_thread(enter, node, Post.OFFICER)

    asyncio.run(main())


@pytest.mark.network
def test_each_may_do_what_the_post_is_for(tmp_path: Path) -> None:
    async def main() -> None:
        async with Node(settings_for(tmp_path, "127.0.0.1", check=True)) as node:
            staff = await asyncio.to_thread(appoint, node)
            clients = {
                post: await asyncio.to_thread(seat, node.web_address, member)
                for post, member in staff.items()
            }
            for path, may in (
                ("/live", {Post.OFFICER, Post.NEWCOMER}),
                ("/system", {Post.SYSTEM}),
                ("/register", {Post.AUDIT, Post.OWNER}),
            ):
                for post, client in clients.items():
                    if post in may:
                        assert await asyncio.to_thread(client.call, "GET", path) is not None
                        continue
                    with pytest.raises(Refused) as refused:
                        await asyncio.to_thread(client.call, "GET", path)
                    assert (post, refused.value.status) == (post, 403)

    asyncio.run(main())


def test_the_table_stands_in_columns() -> None:
    staff = {post: Member(post, SECRET) for post in Post}
    head, *rows = describe(staff).splitlines()
    assert len(rows) == len(Post)
    for post, row in zip(Post, rows, strict=True):
        assert row.split()[:2] == [post.value, SECRET]
    starts = {row.index(SECRET) for row in rows}
    assert len(starts) == 1
    wide = sum(2 if ord(letter) > 0x2E80 else 1 for letter in head[: head.index("one-time")])
    assert {wide} == starts
