from pathlib import Path

import pytest

from tongshi.access.permission import Role
from tongshi.app.door import Door, open_door
from tongshi.app.node import open_store
from tongshi.audit.store import AuditQuery, page_entries
from tongshi.cli.main import main
from tongshi.clock import SystemClock
from tongshi.db.writer import Writer
from tongshi.errors import Denied
from tongshi.settings import load


def settings(folder: Path) -> Path:
    path = folder / "tongshi.toml"
    path.write_text(f'[node]\ndata = "{folder}/data"\n', "utf-8")
    return path


def test_a_lost_administrator_comes_in_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(tmp_path)
    store = open_store(load(config, {}))
    writer = Writer(store, flush=0.05)
    door: Door = open_door(load(config, {}), store, writer, SystemClock())
    door.people.add("boss", "Boss", "", Role.SECURITY)
    # The node's own writer stays: the command is for a running node as well.
    assert main(["people", "reset", "--config", str(config), "boss"]) == 0
    told = capsys.readouterr().out
    password = told.split("一次性密码 ")[1].split("\n")[0]
    assert door.sign_ins.sign_in("boss", password, "::1").session.person.must_change
    with pytest.raises(Denied):
        door.sign_ins.sign_in("boss", password, "::1")
    with store.connect() as connection:
        (entry,), _ = page_entries(connection, AuditQuery(what="person.password-reset"))
    assert (entry.act.person_id, entry.act.person) == (None, "tongshi people")
    assert password not in str(entry)
    writer.close()
    store.dispose()


def test_who_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["people", "reset", "--config", str(settings(tmp_path)), "nobody"]) == 1
    assert "[missing]" in capsys.readouterr().err
