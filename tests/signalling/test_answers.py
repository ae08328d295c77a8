import pytest

from tongshi.gb28181.gather import Gathering
from tongshi.gb28181.manscdp import (
    CatalogAnswer,
    CruiseStop,
    CruiseTrack,
    CruiseTrackAnswer,
    CruiseTrackListAnswer,
    DeviceControlAnswer,
    Outcome,
    Preset,
    PresetAnswer,
    PtzPositionAnswer,
    Record,
    RecordInfoAnswer,
    SdCard,
    SdCardStatusAnswer,
)
from tongshi.signalling.answers import (
    CARDS,
    CATALOG,
    CRUISE,
    CRUISES,
    PRESETS,
    RECORDS,
    refusal,
)

NOON, ONE = "2024-05-06T12:00:00", "2024-05-06T13:00:00"


def test_an_answer_that_says_error_is_a_refusal_without_a_status() -> None:
    error = refusal(PtzPositionAnswer(1, "d", result=Outcome.ERROR, reason="no motor"))
    assert error is not None
    assert (error.status, error.stage) == (0, "answer")
    assert "no motor" in str(error)
    assert "ERROR" in str(refusal(DeviceControlAnswer(1, "d", Outcome.ERROR)))
    for good in (
        DeviceControlAnswer(1, "d", Outcome.OK),
        DeviceControlAnswer(1, "d", Outcome.UNKNOWN),
        CatalogAnswer(1, "d", 0),
    ):
        assert refusal(good) is None


@pytest.mark.clause("M")
def test_each_list_tells_its_items_apart() -> None:
    record = Record("c", start_time=NOON, end_time=ONE)
    other = Record("c", start_time=NOON, end_time=ONE, stream_number=1)
    answer = RecordInfoAnswer(1, "c", "", 3, (record, record, other))
    gathering = Gathering(RECORDS.key, 0.0, twins=RECORDS.twins)
    for _ in range(2):  # the part comes twice
        gathering.add(RECORDS.part(answer), 1.0)
    assert gathering.result().complete

    stops = (CruiseStop(1, 5, 3), CruiseStop(2, 5, 3), CruiseStop(1, 5, 3))
    cruise = Gathering(CRUISE.key, 0.0, twins=CRUISE.twins)
    cruise.add(CRUISE.part(CruiseTrackAnswer(1, "c", 0, "", 3, stops)), 1.0)
    assert cruise.result().items == stops

    presets = Gathering(PRESETS.key, 0.0, uncounted=PRESETS.uncounted)
    presets.add(PRESETS.part(PresetAnswer(1, "c", None, (Preset("1"), Preset("2")))), 1.0)
    assert presets.result().complete

    tracks = CRUISES.part(CruiseTrackListAnswer(1, "c", 1, (CruiseTrack(4),)))
    assert [CRUISES.key(track) for track in tracks.items] == [4]
    cards = CARDS.part(SdCardStatusAnswer(1, "c", 1, (SdCard(2),)))
    assert [CARDS.key(card) for card in cards.items] == [2]
    assert CATALOG.part(CatalogAnswer(1, "d", 0)).sum_num == 0
