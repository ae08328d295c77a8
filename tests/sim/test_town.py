from tongshi.gb28181.identifier import Identifier
from tongshi.media.unit import Codec
from tongshi.sim.film import Shot
from tongshi.sim.quirks import QUIRKS
from tongshi.sim.town import demo_town, fault_town, shots, tape_of


def test_the_demonstration_is_as_announced() -> None:
    town = demo_town()
    assert len(town) == 25
    assert [len(spec.profile.channels) for spec in town] == [1] * 24 + [8]
    assert all(spec.playable and spec.listed and spec.online for spec in town)
    cameras = town[:24]
    codecs = [spec.profile.channels[0].shot.codec for spec in cameras]
    assert codecs.count(Codec.H265) == 4
    assert {spec.tcp for spec in town} == {False, True}
    assert sum(not spec.impairments.clean for spec in town) == 3
    wanted = {"no-psm", "ssrc-zero", "gb2312-utf8", "wrong-psm-crc", "unescaped-ampersand"}
    assert wanted <= {quirk for spec in town for quirk in spec.quirks}


def test_the_town_can_do_what_is_shown() -> None:
    town = demo_town()
    channels = [channel for spec in town for channel in spec.profile.channels]
    domes = [channel for channel in channels if channel.turns]
    assert len(domes) == 6
    assert all(len(channel.presets) == 4 for channel in domes)
    recorder = town[24].profile
    assert len(recorder.alarms) == 2
    assert all(len(channel.plan.hours) == 6 for channel in recorder.channels)
    assert sum(spec.profile.mobile and bool(spec.route) for spec in town) == 1
    assert sum(bool(spec.profile.voice) for spec in town) == 4
    assert sum(bool(spec.profile.cards) for spec in town) == 6
    makers = {spec.profile.manufacturer for spec in town}
    assert {"Hikvision", "Dahua", "Uniview", "TP-LINK"} <= makers
    carded = [spec.profile.channels[0] for spec in town if spec.profile.cards]
    assert all(channel.plan.hours for channel in carded)


def test_recordings_are_cheap() -> None:
    tape = tape_of(Shot(fps=25, bitrate=500_000))
    assert (tape.fps, tape.gop, tape.bitrate) == (15, 30, 250_000)
    assert tape_of(Shot(fps=1)).fps == 1


def test_ids_are_codes_and_differ() -> None:
    specs = demo_town() + fault_town()
    devices = [spec.device_id for spec in specs]
    channels = [channel.channel_id for spec in specs for channel in spec.profile.channels]
    assert len({*devices, *channels}) == len(devices) + len(channels)
    types = {Identifier.parse(device_id).type_code for device_id in devices}
    assert types == {132, 118}
    assert {Identifier.parse(channel_id).type_code for channel_id in channels} == {131}


def test_names_are_chinese_and_differ() -> None:
    names = [channel.name for spec in demo_town() for channel in spec.profile.channels]
    assert len(set(names)) == 32
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in name) for name in names)


def test_ten_shots_serve_all() -> None:
    base = Shot(width=320, height=180)
    shown = {channel.shot for spec in demo_town(base) for channel in spec.profile.channels}
    assert shown == set(shots(base))
    assert len({shot.title for shot in shown}) == 10
    assert {(shot.width, shot.height) for shot in shown} == {(320, 180)}


def test_faults_say_what_is_to_be_expected() -> None:
    for spec in fault_town():
        assert not spec.playable
        assert spec.expected
        assert set(spec.quirks) <= set(QUIRKS)
    assert [spec.online for spec in fault_town()] == [True] * 4 + [False] * 2
