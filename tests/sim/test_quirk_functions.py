from tongshi.sim.quirk import Layer
from tongshi.sim.quirk_functions import ROWS
from tongshi.sim.quirks import QUIRKS


def test_rows_stand_in_their_table_once() -> None:
    assert {row.layer for row in ROWS} == {Layer.CONTROL, Layer.PLAYBACK, Layer.NOTICE, Layer.TALK}
    assert all(QUIRKS[row.name] is row for row in ROWS)
    assert len({row.name for row in ROWS}) == len(ROWS)
