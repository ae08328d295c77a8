import pytest

from tongshi.errors import Invalid
from tongshi.gb28181.description import StreamStyle
from tongshi.gb28181.preset import (
    PRESET,
    PRESETS,
    Evidence,
    Ground,
    Value,
    build,
    choose,
    read_value,
    write_value,
)
from tongshi.gb28181.profile import (
    FIELDS,
    STANDARD,
    Charset,
    Kind,
    MediaTransport,
    Profile,
    ScaleFormat,
)
from tongshi.gb28181.version import Version


@pytest.mark.parametrize(
    ("evidence", "preset", "ground"),
    [
        (Evidence(), "generic-2016", Ground.EDITION),
        (Evidence(version=Version.V2011A), "generic-2011", Ground.EDITION),
        (Evidence(version=Version.V2022), "generic-2022", Ground.EDITION),
        (Evidence("Embedded Net DVR"), "hikvision", Ground.USER_AGENT),
        (Evidence("DAHUA SIP UAS V1.0"), "dahua", Ground.USER_AGENT),
        (Evidence("SunVision 3"), "generic-2016", Ground.EDITION),
        (Evidence("UNV NVR"), "uniview", Ground.USER_AGENT),
        (Evidence("x", "海康威视"), "hikvision", Ground.DEVICE_INFO),
        (Evidence("Dahua", "TP-LINK"), "tp-link", Ground.DEVICE_INFO),
        (Evidence("", "", "Mercury"), "mercury", Ground.CATALOG),
        (Evidence("Huaxia"), "huaxia", Ground.USER_AGENT),
        (Evidence("Tongshi simulator"), "tongshi", Ground.USER_AGENT),
    ],
)
def test_a_preset_is_chosen_by_evidence(evidence: Evidence, preset: str, ground: Ground) -> None:
    chosen = choose(evidence, {})
    assert (chosen.preset, chosen.ground) == (preset, ground)
    assert chosen.told
    assert chosen.by_hand == ()


def test_what_a_maker_deviates_in() -> None:
    dahua = choose(Evidence("Dahua"), {}).profile
    assert dahua.record_type_all
    assert dahua.config_to_device
    assert dahua.stream_style is StreamStyle.STREAMPROFILE
    assert choose(Evidence("Dahua", version=Version.V2022), {}).profile.stream_style is None
    assert choose(Evidence(), {}).profile is STANDARD


def test_fields_set_by_hand_stand_above_the_preset() -> None:
    hand = {"record_type_all": "false", "scale_format": "2", "qop": "", "gone": "1", "version": "x"}
    chosen = choose(Evidence("Dahua"), hand)
    assert not chosen.profile.record_type_all
    assert chosen.profile.scale_format is ScaleFormat.INTEGER
    assert chosen.by_hand == ("record_type_all", "scale_format", "qop")


def test_a_preset_set_by_hand_stands_above_the_evidence() -> None:
    chosen = choose(Evidence("Dahua"), {PRESET: "hikvision"})
    assert (chosen.preset, chosen.ground, chosen.told) == ("hikvision", Ground.HAND, "hikvision")
    assert choose(Evidence("Dahua"), {PRESET: "unknown"}).preset == "dahua"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("version", "3.0", Version.V2022),
        ("version", "", None),
        ("algorithm", "SHA-256", "SHA-256"),
        ("qop", "false", False),
        ("qop", "", None),
        ("charset", "utf-8", Charset.UTF_8),
        ("answer_timeout", "2.5", 2.5),
        ("download_digit", "2", 2),
        ("transport", "tcp-active", MediaTransport.TCP_ACTIVE),
        ("stream_style", "none", StreamStyle.NONE),
        ("stream_style", "streamMode", StreamStyle.STREAMMODE),
        ("stream_style", "", None),
        ("payloads", "PS,H265", ("PS", "H265")),
    ],
)
def test_values_as_text(name: str, text: str, value: Value) -> None:
    assert read_value(name, text) == value
    assert write_value(value) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nothing", "1"),
        ("qop", "yes"),
        ("subscribe", ""),
        ("answer_timeout", "0.1"),
        ("answer_timeout", "601"),
        ("answer_timeout", "long"),
        ("answer_timeout", "nan"),
        ("download_digit", "1.5"),
        ("transport", "sctp"),
        ("payloads", ""),
        ("payloads", "PS,PS"),
        ("version", "9.0"),
        ("charset", "none"),
    ],
)
def test_what_is_no_value(name: str, text: str) -> None:
    with pytest.raises(Invalid):
        read_value(name, text)


def test_every_default_and_every_preset_can_be_written_and_read() -> None:
    for name, row in FIELDS.items():
        assert read_value(name, write_value(row.default)) == row.default
        assert row.metadata["kind"] in Kind
    for preset in PRESETS.values():
        made = build(preset.fields)
        for name in preset.fields:
            value = getattr(made, name)
            assert read_value(name, write_value(value)) == value
        assert preset.old <= set(preset.fields)
    assert build({}) is STANDARD
    assert build({"qop": None}) is STANDARD
    assert build({"qop": False}) == Profile(qop=False)
