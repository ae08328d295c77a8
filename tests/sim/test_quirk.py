from tongshi.sim.quirk import Layer, Quirk


def test_a_row_spoils_nothing_unless_it_says_so() -> None:
    row = Quirk("name", Layer.PS, "说明", "what it does", "field")
    assert row.playable
    assert row.listed
    assert row.online
    assert row.value is None


def test_layers_are_told_by_their_names() -> None:
    assert [layer.value for layer in Layer] == [
        *("sip", "xml", "sdp", "rtp", "ps"),
        *("control", "playback", "notice", "talk", "fault"),
    ]
