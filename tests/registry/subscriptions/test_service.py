from sqlalchemy import Engine

from tongshi.clock import ManualClock
from tongshi.db.writer import Writer
from tongshi.registry.subscriptions.service import Wants
from tongshi.registry.want import Want


def test_choices_are_there_after_a_restart(engine: Engine, writer: Writer) -> None:
    wants = Wants(engine, writer, ManualClock(unix=5.0))
    wants.keep(Want("bus\0", "alarm", "front", interval=7), "zhang")
    assert Wants(engine, writer, ManualClock()).all() == [
        Want("bus?", "alarm", "front", interval=7)
    ]
