from functools import partial

from sqlalchemy import Engine

from tongshi.db.writer import Writer
from tongshi.registry.subscriptions import store
from tongshi.registry.want import Want


def test_the_last_choice_counts(engine: Engine, writer: Writer) -> None:
    first = Want("bus", "position", "front", wanted=True, interval=5)
    last = Want("bus", "position", "front", wanted=False)
    other = Want("bus", "alarm")
    for want in (first, other, last):
        writer.commit(partial(store.write_want, want=want, at=1.0, by="z"))
    with engine.connect() as connection:
        assert sorted(store.read_wants(connection), key=lambda want: want.subject) == [other, last]
