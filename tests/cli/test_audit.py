"""``tongshi audit``: the real program over a real store, and a store that somebody tampered with.

A node runs as a process and is stopped; its SQLite file is altered; the export is verified offline.
"""

import json
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tongshi.access.register import Action, Ending, Look
from tongshi.access.store import add_entry, write_endings
from tongshi.audit.entry import Actor
from tongshi.audit.service import Audit, Sealing
from tongshi.audit.store import append
from tongshi.cli.main import main
from tongshi.clock import SystemClock
from tongshi.db.connect import connect
from tongshi.db.migrate import upgrade
from tongshi.db.writer import Writer
from tongshi.testing.command import Command, free_port


class Place:
    """A directory with a chain: its store, its settings, its witness."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "tongshi.toml"
        self.export = folder / "export.jsonl"
        self.config.write_text(
            f'[node]\ndata = "{self.data}"\nname = "通视镇"\n'
            f'[signalling]\nlisten = "127.0.0.1:{free_port()}"\npassword = "12345678"\n'
            '[media]\nlisten = "127.0.0.1"\nviewer_listen = "127.0.0.1:0"\n'
            'ports_from = 0\nports_to = 0\n[web]\nlisten = "127.0.0.1:0"\n'
            f'[audit]\nwitness = "{folder}/witness"\n',
            "utf-8",
        )

    @property
    def witness(self) -> Path:
        return next((self.folder / "witness").iterdir())

    def fill(self) -> None:
        """Have a life of a node with some acts and looks in it."""
        self.data.mkdir()
        engine = connect(f"sqlite:///{self.data}/tongshi.db")
        upgrade(engine)
        writer, clock = Writer(engine), SystemClock()
        sealing = Sealing(witness=self.folder / "witness")
        audit = Audit(engine, writer, clock, self.data, sealing)
        audit.begin({"version": "1"}, {})
        wall, actor = clock.wall(), Actor(None, "Li", "Office", "::1")
        look = Look(None, "Li", "U", Action.LIVE, "d", "c", "门", "duty", wall, "ws", "::1")

        def live(connection: Connection) -> None:
            number = add_entry(connection, look)
            write_endings(connection, {number: Ending(wall + 1, "closed", 1.0, 10)})
            append(connection, wall, actor.act("trace.begun", f"device {number}"))

        for _ in range(3):
            writer.commit(live)
            audit.seal()
        audit.end()
        writer.close()
        engine.dispose()

    def tamper(self, *statements: str) -> None:
        """Alter the file of the store, as anybody can who has it."""
        with sqlite3.connect(self.data / "tongshi.db") as store:
            for statement in statements:
                store.execute(statement)
        store.close()

    def verify(
        self, capsys: pytest.CaptureFixture[str], *more: str
    ) -> tuple[int, dict[str, object]]:
        """Export anew and verify with witness and key; return the status and what was told."""
        self.export.unlink(missing_ok=True)
        assert main(["audit", "export", str(self.export), "--config", str(self.config)]) == 0
        capsys.readouterr()
        key = ["--key", str(self.data / "audit.pub"), "--witness", str(self.witness)]
        status = main(["audit", "verify", str(self.export), *key, "--json", *more])
        return status, json.loads(capsys.readouterr().out)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("filled"))
    place.fill()
    return place


@pytest.fixture
def place(filled: Place, tmp_path: Path) -> Place:
    """A copy of a chain, to be spoilt."""
    copy = Place(tmp_path)
    shutil.copytree(filled.data, copy.data)
    shutil.copytree(filled.folder / "witness", tmp_path / "witness")
    return copy


def test_a_store_that_nobody_touched_holds(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told = place.verify(capsys)
    assert status == 0, told
    assert told["holds"] is True
    assert told["findings"] == []
    assert (told["rows"], told["unsealed"]) == (6, 0)
    assert place.export.stat().st_mode & 0o777 == 0o600


def test_the_verdict_is_told_in_both_languages(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.verify(capsys)
    assert main(["audit", "verify", str(place.export)]) == 0
    told = capsys.readouterr().out
    assert "链完整 / The chain holds" in told
    assert "as the export itself says" in told
    place.tamper("UPDATE audit_entries SET person = 'Wang' WHERE seq = 5")
    place.verify(capsys)
    assert main(["audit", "verify", str(place.export)]) == 1
    told = capsys.readouterr().out
    assert "THE CHAIN DOES NOT HOLD" in told
    assert "条目 5 被改动" in told
    assert "entry 5 was altered" in told


TAMPERINGS = [
    ("UPDATE audit_entries SET person = 'Wang' WHERE seq = 6", "entry.edited", 6),
    ("UPDATE audit_entries SET wall = wall + 1 WHERE seq = 6", "entry.edited", 6),
    ("UPDATE audit_entries SET details = '{}' WHERE seq = 7", "entry.edited", 7),
    ("UPDATE audit_entries SET details = details || ' ' WHERE seq = 6", "entry.edited", 6),
    ("UPDATE audit_entries SET outcome = 'failed' WHERE seq = 6", "entry.edited", 6),
    ("UPDATE audit_entries SET person_id = 4 WHERE seq = 6", "entry.edited", 6),
    ("UPDATE audit_entries SET digest = '' WHERE seq = 6", "entry.edited", 6),
    ("UPDATE audit_entries SET address = X'00FF' WHERE seq = 6", "entry.edited", 6),
    ("DELETE FROM audit_entries WHERE seq = 6", "entry.missing", 6),
    ("DELETE FROM audit_entries WHERE seq <= 6", "entry.missing", 1),
    ("DELETE FROM audit_entries WHERE seq > 9", "entry.truncated", 10),
    ("DELETE FROM audit_entries", "entry.truncated", 1),
    ("UPDATE audit_heads SET wall = wall + 1 WHERE number = 2", "head.forged", 6),
    ("UPDATE audit_heads SET signature = '' WHERE number = 2", "file.unreadable", 6),
    ("DELETE FROM audit_heads WHERE purpose = 'head' AND number = 2", "head.missing", 9),
    ("DELETE FROM audit_heads WHERE purpose = 'anchor'", "anchor.none", 0),
    ("DELETE FROM audit_heads WHERE purpose = 'head'", "head.missing", 13),
    ("UPDATE register_entries SET purpose = 'x' WHERE id = 2", "row.edited", 7),
    ("UPDATE register_endings SET watched = 0 WHERE entry_id = 2", "row.edited", 8),
    ("DELETE FROM register_endings WHERE entry_id = 2", "row.missing", 8),
    ("DELETE FROM register_entries WHERE id = 2", "row.missing", 7),
    (
        "INSERT INTO register_entries SELECT 9, begun_at, person_id, person, unit, action,"
        " device_id, channel_id, channel, purpose, transport, address, footage_since,"
        " footage_until, what, NULL, NULL, NULL, NULL, NULL FROM register_entries WHERE id = 1",
        "row.stray",
        13,
    ),
]


@pytest.mark.parametrize(("statement", "fault", "seq"), TAMPERINGS)
def test_a_store_that_was_tampered_with_does_not_hold(
    place: Place,
    capsys: pytest.CaptureFixture[str],
    statement: str,
    fault: str,
    seq: int,
) -> None:
    place.tamper("PRAGMA foreign_keys=OFF", statement)
    status, told = place.verify(capsys)
    assert status == 1
    findings = told["findings"]
    assert isinstance(findings, list)
    assert (findings[0]["fault"], findings[0]["seq"]) == (fault, seq)
    assert findings[0]["zh"]
    assert findings[0]["en"]


def test_two_entries_that_changed_places_do_not_hold(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.tamper(
        "UPDATE audit_entries SET seq = -6 WHERE seq = 6",
        "UPDATE audit_entries SET seq = 6 WHERE seq = 7",
        "UPDATE audit_entries SET seq = 7 WHERE seq = -6",
    )
    status, told = place.verify(capsys)
    assert status == 1
    findings = told["findings"]
    assert isinstance(findings, list)
    assert (findings[0]["fault"], findings[0]["seq"]) == ("entry.edited", 6)


def test_the_store_of_yesterday_holds_but_for_the_witness(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """An earlier state, whole: what the disk's snapshot of yesterday gives back."""
    place.tamper(
        "DELETE FROM audit_entries WHERE seq > 9",
        "DELETE FROM audit_heads WHERE seq > 9",
        "DELETE FROM register_endings WHERE entry_id > 2",
        "DELETE FROM register_entries WHERE id > 2",
    )
    status, told = place.verify(capsys)
    assert status == 1
    findings = told["findings"]
    assert isinstance(findings, list)
    assert [one["fault"] for one in findings] == ["witness.beyond"]
    assert main(["audit", "verify", str(place.export)]) == 0


def test_an_export_that_was_cut_off_does_not_hold(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.verify(capsys)
    text = place.export.read_bytes()
    for size in (0, 10, len(text) // 2, len(text) - 30):
        place.export.write_bytes(text[:size])
        assert main(["audit", "verify", str(place.export)]) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"{", b"[]\n" * 5, b'{"type":"chain"}\n']
)
def test_any_file_is_no_chain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = tmp_path / "x"
    file.write_bytes(content)
    assert main(["audit", "verify", str(file)]) == 1
    assert "DOES NOT HOLD" in capsys.readouterr().out


def test_what_cannot_be_done_is_told(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.verify(capsys)
    config = ["--config", str(place.config)]
    assert main(["audit", "export", str(place.export), *config]) == 1
    assert "is there already" in capsys.readouterr().err
    assert main(["audit", "verify", str(place.folder / "none")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    torn = place.folder / "torn"
    torn.write_text("x\n{}\n")
    assert main(["audit", "verify", str(place.export), "--witness", str(torn)]) == 1
    assert "line 1 of the witness" in capsys.readouterr().err
    assert main(["audit", "verify", str(place.export), "--key", str(torn)]) == 1
    assert "public key" in capsys.readouterr().err
    (place.data / "audit.key").unlink()
    assert main(["audit", "export", str(place.folder / "new"), *config]) == 1
    assert "no audit key" in capsys.readouterr().err


def test_another_node_s_key_is_told(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.verify(capsys)
    other = place.folder / "other.pub"
    other.write_text("ed25519 " + "ab" * 32 + "\n")
    assert main(["audit", "verify", str(place.export), "--key", str(other)]) == 1
    assert "not the one given" in capsys.readouterr().out


def test_an_export_without_rows_says_nothing_of_them(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(place.config), "--no-rows"]
    place.tamper("DELETE FROM register_endings")
    assert main(["audit", "export", str(place.export), *config]) == 0
    assert main(["audit", "verify", str(place.export), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 0


def wait_for(met: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not met():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.network
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_node_that_ran_leaves_a_chain_that_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], how: signal.Signals
) -> None:
    """Stopped or killed: what is on the disk holds, and the next life goes on with it."""
    place = Place(tmp_path)
    for _ in range(2):
        with Command("serve", "--config", str(place.config)) as node:
            node.line(lambda line: line.startswith("web"))
            wait_for(lambda: (tmp_path / "witness").exists())
            node.send(how)
            node.wait()
    status, told = place.verify(capsys)
    assert status == 0, told
    texts = place.export.read_text("utf-8")
    assert texts.count('"node.start"') == 2
    assert texts.count('"node.stop"') == (2 if how is signal.SIGTERM else 0)
    place.tamper("DELETE FROM audit_entries WHERE seq = 3")
    status, told = place.verify(capsys)
    assert status == 1
