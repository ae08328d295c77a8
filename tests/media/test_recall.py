from tongshi.media.recall import Recall
from tongshi.media.retime import Place, Retimer
from tongshi.media.unit import AccessUnit, Codec
from tongshi.testing.clip import bursts, encode

SINCE = 1_700_000_000.0


def test_pictures_leave_with_the_moment_that_they_show() -> None:
    pipeline = Recall(Retimer(SINCE, SINCE + 60))
    places: list[Place] = []
    units: list[AccessUnit] = []
    pipeline.places.append(places.append)
    pipeline.units.append(units.append)
    film = [unit._replace(pts=unit.pts + 900_000, dts=unit.dts + 900_000)
            for unit in encode(Codec.H264, 12, gop=5)]  # fmt: skip
    for number, burst in enumerate(bursts(film, audio=True)):
        pipeline.receive(burst, number * 0.04)
    assert [place.at for place in places] == [SINCE, SINCE + 0.2, SINCE + 0.4]
    pictures = [unit for unit in units if not unit.codec.is_audio]
    assert [unit.dts for unit in pictures] == [number * 3600 for number in range(12)]
    assert (pipeline.passed, pipeline.keys_passed) == (12, 3)
    # Sound stands before its picture in a pack; of the first, none is there yet.
    assert sum(unit.codec.is_audio for unit in units) == 11
    assert pipeline.track is not None


def test_what_is_not_to_be_shown_goes_nowhere() -> None:
    pipeline = Recall(Retimer(SINCE, SINCE + 60))
    film = encode(Codec.H264, 6, gop=5)
    for burst in bursts(film[1:5]):
        pipeline.receive(burst, 0.0)
    assert pipeline.figures(0.0).frames == 0
    pipeline.flush()
    assert pipeline.passed == 0
