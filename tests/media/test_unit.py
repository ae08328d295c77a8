from tongshi.media.unit import AccessUnit, Codec


def test_codecs_know_whether_they_are_sound() -> None:
    assert {codec for codec in Codec if codec.is_audio} == {Codec.G711A, Codec.G711U, Codec.AAC}


def test_codecs_are_looked_up_by_value_and_in_tables() -> None:
    assert Codec("h265") is Codec.H265
    assert {Codec.H264: 1}[Codec("h264")] == 1


def test_a_unit_has_neither_damage_nor_spans_unless_told() -> None:
    unit = AccessUnit(Codec.G711A, 3600, 3600, True, b"\xd5" * 320)
    assert (unit.damaged, unit.spans) == (False, ())
