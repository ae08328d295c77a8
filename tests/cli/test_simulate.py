"""``tongshi simulate``: arguments to devices, and the documentation written from its tables."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tongshi.cli import simulate
from tongshi.errors import Invalid
from tongshi.gb28181.version import Version
from tongshi.media.unit import Codec
from tongshi.testing.command import Command

DOCS = Path(__file__).parent.parent.parent / "docs" / "simulate.md"


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    simulate.add_arguments(parser)
    return parser.parse_args([*words, "--platform", "127.0.0.1:5060"])


def test_one_camera_by_default() -> None:
    [spec] = simulate.specs_of(parse("camera"))
    assert spec.device_id == "34020000001320000001"
    [channel] = spec.profile.channels
    assert channel.channel_id == "34020000001310000001"
    assert (channel.shot.width, channel.shot.fps, channel.shot.sound) == (640, 25, True)
    assert not spec.tcp
    assert spec.playable


def test_many_cameras_show_many_views() -> None:
    specs = simulate.specs_of(
        parse(
            "camera",
            "--count",
            "8",
            "--transport",
            "tcp",
            "--edition",
            "2022",
            "--mute",
            "--codec",
            "h265",
            "--size",
            "320x180",
            "--quirk",
            "no-psm",
            "--quirk",
            "ssrc-zero",
            "--impair",
            "loss=0.1,seed=3",
        )
    )
    assert [spec.device_id[-2:] for spec in specs] == [f"0{n}" for n in range(1, 9)]
    assert len({spec.profile.channels[0].shot.view for spec in specs}) == 6
    first = specs[0]
    assert first.tcp
    assert first.profile.version is Version.V2022
    assert first.quirks == ("no-psm", "ssrc-zero")
    assert first.impairments.loss == 0.1
    shot = first.profile.channels[0].shot
    assert (shot.codec, shot.height, shot.sound) == (Codec.H265, 180, False)


def test_devices_are_equipped() -> None:
    [spec] = simulate.specs_of(
        parse("camera", "--dome", "--voice", "--cards", "2", "--days", "0", "--tape-fps", "5",
              "--tape-size", "160x90")
    )  # fmt: skip
    profile = spec.profile
    [channel] = profile.channels
    assert profile.voice == "34020000001370000001"
    assert profile.cards == (32_768, 32_768)
    assert channel.turns
    assert len(channel.presets) == 4
    assert channel.plan.hours == ()
    tape = channel.recorded
    assert (tape.width, tape.fps, tape.gop, tape.bitrate) == (160, 5, 10, 100_000)
    [plain] = simulate.specs_of(parse("recorder", "--days", "3", "--channels", "1"))
    [channel] = plain.profile.channels
    assert channel.plan.days == 3
    assert channel.recorded == channel.shot
    for words in (("--days", "-1"), ("--cards", "9"), ("--tape-size", "big")):
        with pytest.raises(Invalid):
            simulate.specs_of(parse("camera", *words))


def test_a_recorder_has_its_channels() -> None:
    [spec] = simulate.specs_of(parse("recorder", "--channels", "12", "--h265", "2"))
    assert spec.device_id == "34020000001180000001"
    codecs = [channel.shot.codec for channel in spec.profile.channels]
    assert codecs.count(Codec.H265) == 2
    assert len(codecs) == 12


@pytest.mark.parametrize(
    "words",
    [
        ["--size", "640"],
        ["--size", "ax9"],
        ["--fps", "0"],
        ["--gop", "0"],
        ["--bitrate", "9"],
        ["--quirk", "odd"],
        ["--impair", "odd=1"],
        ["--id", "5"],
        ["--count", "0"],
        ["--count", "1000000"],
    ],
)
def test_what_cannot_be_is_refused(words: list[str]) -> None:
    with pytest.raises(Invalid):
        simulate.specs_of(parse("camera", *words))


def test_the_password_comes_from_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TONGSHI_SIMULATE_PASSWORD", raising=False)
    with pytest.raises(Invalid, match="TONGSHI_SIMULATE_PASSWORD"):
        simulate.run(parse("camera"))


def test_the_page_is_as_the_tables_are() -> None:
    assert DOCS.read_text("utf-8") == simulate.page()


def test_options_are_described_in_both_languages() -> None:
    for option in simulate.OPTIONS:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in option.zh)
        assert option.en.isascii()


@pytest.mark.network
@pytest.mark.parametrize("form", [["--json"], []])
def test_it_runs_until_it_is_told_to_stop(form: list[str]) -> None:
    # Nobody listens at the address: a camera must bear that, and end when asked.
    program = (
        "import argparse, sys; from tongshi.cli import simulate as s;"
        "p = argparse.ArgumentParser(); s.add_arguments(p); sys.exit(s.run(p.parse_args()))"
    )
    words = ["camera", "--platform", "127.0.0.1:9", "--size", "160x90", *form]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdout=subprocess.PIPE,
        env={**os.environ, "TONGSHI_SIMULATE_PASSWORD": "x"},
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    if form:
        assert json.loads(first) == {"event": "ready", "devices": 1}
    else:
        assert first.split() == [b"ready", b"devices=1"]
    time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.mark.network
def test_it_takes_orders_and_ends_with_them() -> None:
    words = ["simulate", "camera", "--platform", "127.0.0.1:9", "--size", "160x90", "--orders"]
    with Command(*words, environ={"TONGSHI_SIMULATE_PASSWORD": "x"}) as camera:
        assert json.loads(camera.line(lambda line: "ready" in line))["channels"] == 1
        camera.say('{"do": "state", "device": "34020000001320000001"}')
        assert json.loads(camera.line(lambda line: '"state"' in line))["registered"] is False
        camera.close_input()
        assert camera.wait() == 0
        assert json.loads(camera.out[-1]) == {"event": "stopped"}
