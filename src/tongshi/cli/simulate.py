"""``tongshi simulate``: cameras and recorders that register at any GB/T 28181 platform."""

import argparse
import json
import sys
from dataclasses import dataclass, replace
from typing import Any

from tongshi.cli.loop import run as run_loop
from tongshi.cli.loop import stop_event
from tongshi.errors import Invalid
from tongshi.gb28181.identifier import is_code
from tongshi.gb28181.version import Version
from tongshi.media.unit import Codec
from tongshi.settings import split_address
from tongshi.sim.archive import NO_PLAN, Plan
from tongshi.sim.camera import camera_profile
from tongshi.sim.film import Shot
from tongshi.sim.fleet import Fleet, password_from, serve, write_line
from tongshi.sim.impair import parse as parse_impairments
from tongshi.sim.join import Join
from tongshi.sim.picture import VIEWS
from tongshi.sim.profile import Profile
from tongshi.sim.quirk import Layer
from tongshi.sim.quirks import QUIRKS, Quirks
from tongshi.sim.recorder import recorder_profile
from tongshi.sim.subordinate import platform_profile
from tongshi.sim.town import PRESETS, Spec

_VERSIONS = {"2011": Version.V2011, "2016": Version.V2016, "2022": Version.V2022}
_CODECS = {"h264": Codec.H264, "h265": Codec.H265}


@dataclass(frozen=True, slots=True)
class Option:
    """One option: what argparse needs, and what it is in both languages."""

    name: str
    zh: str
    en: str
    default: str | int | float | None = None
    kind: type[str] | type[int] | type[float] = str
    choices: tuple[str, ...] = ()
    only: str = ""


OPTIONS: tuple[Option, ...] = (
    Option("platform", "平台信令地址 HOST:PORT", "the platform's SIP address, HOST:PORT"),
    Option("platform-id", "平台 20 位编码", "the platform's code", "34020000002000000001"),
    Option(
        "domain", "SIP 域，缺省为编码前十位", "SIP domain; its first ten digits if not given", ""
    ),
    Option(
        "password-env",
        "存放口令的环境变量名",
        "environment variable that holds the password",
        "TONGSHI_SIMULATE_PASSWORD",
    ),
    Option("id", "首台设备编码，余者递增", "code of the first device; others count on", ""),
    Option("count", "设备数", "number of devices", 1, int),
    Option("transport", "信令传输", "transport of signalling", "udp", choices=("udp", "tcp")),
    Option("edition", "标准版本", "edition of the standard", "2016", choices=tuple(_VERSIONS)),
    Option("local", "本机地址，缺省自动", "own address; found if not given", ""),
    Option("expires", "注册有效期，秒", "registration asked for, s", 3600, int),
    Option("keepalive", "心跳间隔，秒", "interval of keepalives, s", 60.0, float),
    Option("items", "每条目录消息条目数", "catalog items in a message", 4, int),
    Option("view", "画面", "picture", "", choices=tuple(VIEWS)),
    Option("tint", "时段 0 昼 1 晨 2 暮 3 夜", "0 day, 1 morning, 2 evening, 3 night", 0, int),
    Option("codec", "视频编码", "video codec", "h264", choices=tuple(_CODECS), only="camera"),
    Option("size", "画面尺寸", "picture size", "640x360"),
    Option("fps", "帧率", "frames a second", 25, int),
    Option("gop", "关键帧间隔，帧", "frames from key frame to key frame", 25, int),
    Option("bitrate", "码率，比特每秒", "bit/s", 500_000, int),
    Option("days", "录像保留天数，0 为无录像", "days of recordings, 0 for none", 7, int),
    Option(
        "tape-size", "录像画面尺寸，缺省同实时", "size of recorded pictures; as live if empty", ""
    ),
    Option("tape-fps", "录像帧率，0 同实时", "recorded frames a second; 0 as live", 0, int),
    Option("cards", "存储卡数", "memory cards", 0, int),
    Option("channels", "通道数", "channels of a recorder", 8, int, only="recorder, platform"),
    Option("h265", "其中 H.265 通道数", "of these in H.265", 0, int, only="recorder, platform"),
    Option(
        "impair",
        "RTP 线路劣化，如 loss=0.05,reorder=0.1",
        "bad wire under RTP over UDP, as loss=0.05,reorder=0.1",
        "",
    ),
)
"""Every option with a value, in the order of the documentation."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="|".join(_TYPES))
    for kind in _TYPES:
        below = kinds.add_parser(kind)
        for option in OPTIONS:
            if not option.only or kind in option.only.split(", "):
                below.add_argument(
                    f"--{option.name}",
                    required=option.default is None,
                    default=option.default,
                    type=option.kind,
                    choices=option.choices or None,
                    help=f"{option.en} / {option.zh}",
                )
        below.add_argument(
            "--quirk",
            action="append",
            default=[],
            metavar="NAME",
            help="a deviation, repeatable; docs/simulate.md names all / 设备怪癖，可多次",
        )
        below.add_argument(
            "--dome", action="store_true", help="domes with four presets / 球机，带预置位"
        )
        below.add_argument(
            "--voice", action="store_true", help="a loudspeaker, for broadcasts / 带语音输出"
        )
        below.add_argument("--mute", action="store_true", help="no sound / 无声音")
        below.add_argument("--json", action="store_true", help="events as JSON lines / 输出 JSON")
        below.add_argument(
            "--orders",
            action="store_true",
            help="events as JSON lines, orders from standard input / 从标准输入读取命令",
        )


def run(given: argparse.Namespace) -> int:
    """Simulate until interrupted; return 0."""
    host, port = split_address(given.platform)
    specs = specs_of(given)
    join = Join(
        given.platform_id,
        password_from(given.password_env),
        domain=given.domain,
        expires=given.expires,
        keepalive=given.keepalive,
        items=given.items,
    )
    report = _write_json if given.json else _write_text

    async def obey() -> int:
        await serve(Fleet(specs, host, port, join, report=write_line, local=given.local))
        return 0

    async def work() -> int:
        stop = stop_event()
        async with Fleet(specs, host, port, join, report=report, local=given.local):
            report({"event": "ready", "devices": len(specs)})
            await stop.wait()
        return 0

    return run_loop(obey() if given.orders else work())


def specs_of(given: argparse.Namespace) -> list[Spec]:
    """Return the devices that the arguments ask for; raises Invalid naming what is wrong."""
    quirks = tuple(given.quirk)
    Quirks.of(quirks)
    impairments = parse_impairments(given.impair)
    first = given.id or (f"{given.platform_id[:8]}00{_TYPES[given.kind]}0000001")
    if not is_code(first) or given.count < 1 or int(first[14:]) + given.count > 10**6:
        raise Invalid(f"no room for {given.count} codes from {first!r}")
    return [
        Spec(_profile(given, first, number), given.transport == "tcp", quirks, impairments)
        for number in range(given.count)
    ]


_TYPES = {"camera": "132", "recorder": "118", "platform": "200"}


def _profile(given: argparse.Namespace, first: str, number: int) -> Profile:
    device_id = f"{first[:14]}{int(first[14:]) + number:06}"
    version = _VERSIONS[given.edition]
    shot = shot_of(given, number)
    if given.kind != "camera":
        names = [f"通道 {channel}" for channel in range(1, given.channels + 1)]
        build = recorder_profile if given.kind == "recorder" else platform_profile
        title = "录像机" if given.kind == "recorder" else "下级平台"
        made = build(
            device_id, f"{title} {number + 1}", names, shot=shot, h265=given.h265, version=version
        )
    else:
        channel_id = f"{device_id[:10]}131{device_id[13:]}"
        made = camera_profile(
            device_id, f"摄像机 {number + 1}", shot, channel_id=channel_id, version=version
        )
    return _equipped(made, given)


def _equipped(profile: Profile, given: argparse.Namespace) -> Profile:
    """Return *profile* with the recordings, heads, cards and voice that the arguments ask for."""
    if not (0 <= given.days <= 365 and 0 <= given.cards <= 8 and 0 <= given.tape_fps <= 60):
        raise Invalid(f"not to be had: {given.days} days, {given.cards} cards")
    plan = Plan(days=given.days) if given.days else NO_PLAN
    width, height = size_of(given.tape_size) if given.tape_size else (0, 0)
    channels = []
    for channel in profile.channels:
        shot = channel.shot
        fps = given.tape_fps or shot.fps
        tape = replace(
            shot,
            width=width or shot.width,
            height=height or shot.height,
            fps=fps,
            gop=shot.gop if fps == shot.fps else 2 * fps,
            bitrate=max(shot.bitrate * fps // shot.fps, 20_000),
        )
        presets = PRESETS if given.dome else ()
        ptz_type = 1 if given.dome else channel.ptz_type
        channels.append(replace(channel, plan=plan, tape=tape, presets=presets, ptz_type=ptz_type))
    own = profile.device_id
    return replace(
        profile,
        channels=tuple(channels),
        voice=f"{own[:10]}137{own[13:]}" if given.voice else "",
        cards=(32_768,) * given.cards,
    )


def shot_of(given: argparse.Namespace, number: int) -> Shot:
    """Return what device *number*, from 0, shows; raises Invalid."""
    width, height = size_of(given.size)
    if not 1 <= given.fps <= 60 or given.gop < 1 or given.bitrate < 20_000:
        raise Invalid(f"not a stream: {given.fps} frames/s, GOP {given.gop}, {given.bitrate} bit/s")
    views = tuple(VIEWS)
    view = given.view or views[number % len(views)]
    codec = _CODECS[given.codec] if given.kind == "camera" else Codec.H264
    return Shot(
        view=view,
        tint=given.tint,
        title=f"{view.upper()} {codec.value.upper()}",
        codec=codec,
        width=width,
        height=height,
        fps=given.fps,
        gop=given.gop,
        bitrate=given.bitrate,
        sound=not given.mute,
    )


def size_of(text: str) -> tuple[int, int]:
    """Return the width and height that *text* says, as ``640x360``; raises Invalid."""
    width, _, height = text.partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise Invalid(f"not a picture size: {text!r}")
    return int(width), int(height)


def page() -> str:
    """Return ``docs/simulate.md``: every option and every quirk in both languages."""
    lines = [_HEAD, "| option | default | 说明 | what it is |", "|---|---|---|---|"]
    for option in OPTIONS:
        default = "(required)" if option.default is None else f"`{option.default}`"
        only = f" ({option.only})" if option.only else ""
        choices = f": {', '.join(option.choices)}" if option.choices else ""
        shown = default if option.default != "" else "(empty)"
        lines.append(f"| `--{option.name}`{only} | {shown} | {option.zh} | {option.en}{choices} |")
    lines += [
        "| `--quirk NAME` | | 怪癖，可多次 | a deviation of the list below, repeatable |",
        "| `--dome` | | 球机，带预置位 | domes with four presets |",
        "| `--voice` | | 带语音输出，可收广播 | a loudspeaker, for broadcasts |",
        "| `--mute` | | 无声音 | no sound |",
        "| `--json` | | 逐行 JSON | events as JSON lines |",
        "| `--orders` | | 逐行 JSON，并从标准输入读取命令 | JSON; orders from standard input |",
        _MIDDLE,
    ]
    for layer in Layer:
        lines += [f"\n### {_LAYERS[layer]}\n", "| name | 说明 | what it does | breaks; seen at |"]
        lines.append("|---|---|---|---|")
        for row in QUIRKS.values():
            if row.layer is layer:
                name = row.name if row.value is None else f"{row.name}=N"
                lines.append(f"| `{name}` | {row.zh} | {row.en} | {row.source} |")
    return "\n".join(lines) + "\n"


_HEAD = """# Simulated devices 模拟设备

Written from the tables in `src/tongshi/cli/simulate.py` and `src/tongshi/sim/quirk_*.py`.

```sh
export TONGSHI_SIMULATE_PASSWORD=...
tongshi simulate camera   --platform 192.0.2.10:5060 --platform-id 34020000002000000001 --count 4
tongshi simulate recorder --platform 192.0.2.10:5060 --channels 16 --h265 4 --quirk no-psm
tongshi simulate camera   --platform 192.0.2.10:5060 --dome --voice --cards 1 --tape-fps 5
tongshi simulate platform --platform 192.0.2.10:5060 --id 34020100002000000001 --channels 32
```

They register with digest, follow redirections, keep alive, answer every query, obey every control
and keep every setting of the standard, tell alarms, positions and changes, by SUBSCRIBE or unasked,
and send real encoded pictures, live and recorded, by UDP, TCP passive or TCP active, whatever the
INVITE asks for. They listen to broadcasts, upload snapshots, and restart for upgrades. SIGINT and
SIGTERM end sessions and registrations. The password never stands on the command line.
模拟设备按国标注册（含重定向）、保活，应答全部查询，执行全部控制，保存全部配置；按订阅或主动上报报警、
位置与目录变化；并按平台的 INVITE 以 UDP、TCP 被动或主动方式发送真实编码的实时与录像画面；
可收听广播、上传抓拍、升级重启。口令只从环境变量读取；中断时结束会话并注销。

A recording is a function of its time: the same span always gives the same bytes, and frame *k*
belongs to the time *k* / frame rate. 录像内容只取决于时间：同一时段的字节始终相同。

With `--orders` what happens is said by JSON lines on standard input, `{"do": "vanish", "device":
ID, "seconds": 30}`: `src/tongshi/sim/orders.py` and `fleet.py` list all. The end of the input ends
the simulation. 加 `--orders` 时从标准输入逐行读取 JSON 命令，输入结束即退出。

Each picture carries a caption, the time, its frame number in digits, and the same number as a row
of 40 grey cells in its lowest twentieth (`src/tongshi/sim/strip.py` says how to read it).
画面底部二十分之一处有 40 个灰度格，编码帧号，供程序读取。

## Options 选项
"""
_MIDDLE = """
`--impair` takes `loss`, `burst`, `delay`, `jitter`, `reorder`, `reorder_by`, `duplicate`, `seed`:
chances 0..1, times in seconds, burst in packets.
各项为概率（0..1）、时间（秒）、突发长度（包）。

## Quirks 怪癖

What devices in the field do otherwise than the standard says. All but the last list leave a device
watchable: a platform has to cope. N is a number, of seconds or sessions.
除末表外，各项均不应妨碍观看。N 为秒数或会话数。"""
_LAYERS = {
    Layer.SIP: "Signalling 信令",
    Layer.XML: "XML 目录与报文",
    Layer.SDP: "Session descriptions 会话描述",
    Layer.RTP: "RTP",
    Layer.PS: "Program stream 节目流",
    Layer.CONTROL: "Queries, control, configuration 查询、控制与配置",
    Layer.PLAYBACK: "Playback and download 回放与下载",
    Layer.NOTICE: "Subscriptions and notices 订阅与通知",
    Layer.TALK: "Broadcast and talk 广播与对讲",
    Layer.FAULT: "Faults 故障",
}


def _write_json(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _write_text(told: dict[str, Any]) -> None:
    facts = " ".join(f"{name}={value}" for name, value in told.items() if name != "event")
    sys.stdout.write(f"{told['event']:<14} {facts}\n")
    sys.stdout.flush()
