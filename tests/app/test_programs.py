import asyncio
from pathlib import Path

from sqlalchemy import Engine

from tongshi.api.feed import Notice
from tongshi.api.parts import Parts
from tongshi.app.programs import open_programs, queue_rules, send_rules
from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.hooks.service import KEY
from tongshi.settings import HookSettings, NodeSettings, Settings


def test_what_serves_programs_is_built_from_settings(
    tmp_path: Path, house_writer: tuple[Engine, Writer], parts: Parts, clock: ManualClock
) -> None:
    store, writer = house_writer
    given = Settings(NodeSettings(data=str(tmp_path)))

    async def run() -> None:
        made = open_programs(given, store, writer, clock, parts.rights)
        await made.queues.start()
        made.publish(Notice("device", "d", "d", {"device": "d"}))
        made.publish(Notice("look", "d", "d", {"device": "d"}))
        assert made.queues.figures()["gathered"] == 1
        await made.stop()
        assert made.queues.figures()["gathered"] == 0

    asyncio.run(run())
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600


def test_settings_are_taken_over_in_their_units() -> None:
    given = HookSettings("10.0.0.0/8 fd00::/8", timeout=3.0, patience=2.0, queue=5, keep_days=1.0)
    sent, queued = send_rules(given), queue_rules(given)
    assert [str(network) for network in sent.networks] == ["10.0.0.0/8", "fd00::/8"]
    assert sent.timeout == 3.0
    assert (queued.patience, queued.most, queued.keep) == (7200.0, 5, 86400.0)
