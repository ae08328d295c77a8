import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tongshi.app.ledger import open_ledger, plain_settings
from tongshi.audit.lines.store import read_lines
from tongshi.audit.store import AuditQuery
from tongshi.audit.verify import examine
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.errors import Invalid
from tongshi.settings import AuditSettings, NodeSettings, Settings, SignallingSettings


def settings_in(folder: Path, witness: str = "", superior: str = "") -> Settings:
    audit = AuditSettings(witness=witness, superior=superior)
    return Settings(node=NodeSettings(data=str(folder)), audit=audit)


def test_a_life_is_chained_and_sealed(
    tmp_path: Path, engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    settings = settings_in(tmp_path, witness=str(tmp_path / "witness"))

    async def live() -> bytes:
        ledger = open_ledger(settings, engine, writer, clock, "1.2.3")
        ledger.start()
        await asyncio.sleep(0)
        await ledger.stop()
        return ledger.audit.key

    key = asyncio.run(live())
    report = examine(read_lines(engine, key, "Town", clock.wall(), rows=True), key)
    assert report.holds
    assert report.unsealed == 0
    assert report.entries == 4
    (witness,) = (tmp_path / "witness").iterdir()
    assert len(witness.read_text().splitlines()) == 2


def test_the_start_tells_what_runs(
    tmp_path: Path, engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    ledger = open_ledger(settings_in(tmp_path), engine, writer, clock, "1.2.3")
    (start,) = ledger.audit.page(AuditQuery(what="node.start")).rows
    assert start.act.details == {
        "version": "1.2.3",
        "id": Settings().signalling.id,
        "name": "Tongshi",
    }


def test_a_superior_without_an_address_is_refused(
    tmp_path: Path, engine: Engine, writer: Writer, clock: ManualClock
) -> None:
    with pytest.raises(Invalid, match="not the address of a node"):
        open_ledger(settings_in(tmp_path, superior="nowhere"), engine, writer, clock, "1")


def test_of_secrets_only_that_they_are_set_is_told() -> None:
    secret = replace(SignallingSettings(), password="12345678")
    told = plain_settings(Settings(signalling=secret))
    assert "12345678" not in str(told)
    assert told != plain_settings(Settings())
    other = replace(SignallingSettings(), password="87654321")
    assert told == plain_settings(Settings(signalling=other))
    changed = replace(secret, keepalive=99.0)
    assert told != plain_settings(Settings(signalling=changed))
