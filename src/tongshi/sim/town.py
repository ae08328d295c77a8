"""The demonstration's devices: a small harbour town with 24 cameras and one recorder.

Every fourth camera is a dome with presets and a cruise; the recorder has two days of recordings
with gaps, and two alarm inputs; the ferry moves and tells where it is; some hear and speak; some
hold cards; and some deviate as the devices of a maker do.

Places are invented.  Ten shots are shared by all of them, so the whole town costs ten encoders
at the most.  Every third device or so misbehaves in one of the ways of the field; all of them can
still be watched, which is what a platform is for.
"""

from dataclasses import dataclass, field, replace

from tongshi.gb28181.version import Version
from tongshi.media.unit import Codec
from tongshi.sim.archive import A_DAY_WITH_GAPS, NO_PLAN, Plan
from tongshi.sim.film import Shot
from tongshi.sim.head import Aim
from tongshi.sim.impair import CLEAN, Impairments
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import Quirks
from tongshi.sim.recorder import channel_code

CENTRE = "34020000"
LOSSY = Impairments(loss=0.05, reorder=0.1, reorder_by=0.03, seed=79)
"""Five in a hundred packets lost, though none of the first hundred; one in ten 30 ms late."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One simulated device and what is to be expected of it.

    tcp: signalling over TCP.  expected: how watching it fails; empty when it must not.
    password: its own; empty: that of all.
    route: where it drives to and fro, longitudes and latitudes; empty: it stands.
    """

    profile: Profile
    tcp: bool = False
    quirks: tuple[str, ...] = ()
    impairments: Impairments = field(default_factory=lambda: CLEAN)
    expected: str = ""
    password: str = field(default="", repr=False)
    route: tuple[tuple[float, float], ...] = ()

    @property
    def device_id(self) -> str:
        """The device's code."""
        return self.profile.device_id

    @property
    def playable(self) -> bool:
        """Whether a picture must come and move."""
        return Quirks.of(self.quirks).playable

    @property
    def listed(self) -> bool:
        """Whether its catalog must be complete."""
        return Quirks.of(self.quirks).listed

    @property
    def online(self) -> bool:
        """Whether it must be online."""
        return Quirks.of(self.quirks).online


def shots(base: Shot | None = None) -> tuple[Shot, ...]:
    """Return the ten shots of the town: eight in H.264, the last two in H.265."""
    base = base or Shot()
    rows = (
        ("harbour", 0, "HARBOUR DAY"),
        ("road", 0, "ROAD EAST"),
        ("hills", 1, "HILLS MORNING"),
        ("city", 3, "CITY NIGHT"),
        ("orbits", 0, "TEST ORBITS"),
        ("balloons", 1, "VALLEY"),
        ("harbour", 2, "HARBOUR DUSK"),
        ("road", 3, "ROAD NIGHT"),
    )
    h264 = [replace(base, view=view, tint=tint, title=title) for view, tint, title in rows]
    h265 = [
        replace(base, view="hills", tint=2, title="HILLS H265", codec=Codec.H265),
        replace(base, view="city", tint=2, title="CITY H265", codec=Codec.H265),
    ]
    return (*h264, *h265)


# Name, district, shot (0 .. 9), signalling over TCP, quirks, lossy wire, edition 2022.
_CAMERAS: tuple[tuple[str, str, int, bool, tuple[str, ...], bool, bool], ...] = (
    ("港口东防波堤", "340202", 0, False, (), False, False),
    ("港口西码头", "340202", 6, True, (), False, False),
    ("滨江大道北口", "340202", 1, False, ("no-psm",), False, False),
    ("滨江大道南口", "340202", 1, False, (), True, False),
    ("云岭风场一号", "340203", 2, False, ("ssrc-zero",), False, False),
    ("云岭风场二号", "340203", 2, True, (), False, True),
    ("城北高架", "340203", 3, False, ("gb2312-utf8",), False, False),
    ("城北客运站外", "340203", 3, False, (), False, True),
    ("热气球广场", "340207", 5, False, ("wrong-psm-crc",), False, False),
    ("河谷观景台", "340207", 5, True, ("response-first",), False, False),
    ("校准图一", "340207", 4, False, (), False, True),
    ("校准图二", "340207", 4, False, ("rtp-milliseconds", "no-marker"), False, False),
    ("晚照码头", "340202", 6, False, ("pack-counter", "private-stream"), False, False),
    ("环城路夜景", "340203", 7, False, ("early-authorization",), False, False),
    ("环城路立交", "340203", 7, True, ("no-setup",), False, False),
    ("东郊公路", "340207", 1, False, ("zero-length-pes",), False, False),
    ("灯塔", "340202", 0, False, ("unescaped-ampersand", "padded-values"), False, False),
    ("云岭气象站", "340203", 8, False, (), False, False),
    ("云岭林场瞭望台", "340203", 8, True, ("small-pes",), False, True),
    ("城南天际线", "340207", 9, False, (), False, False),
    ("城南轨道", "340207", 9, False, ("provisional-101", "private-c"), True, False),
    ("渡口", "340202", 6, False, ("no-y-no-f", "port-zero"), False, False),
    ("镕湖湿地", "340207", 5, False, ("status-forms", "crcrlf"), False, False),
    ("环城路东段", "340203", 7, False, ("other-y", "trailing-garbage"), True, False),
)
_CHANNELS = ("仓储区大门", "一号仓外", "二号仓外", "装卸月台", "停车场", "围墙北", "围墙南", "屋顶")
_CHANNEL_SHOTS = (1, 0, 6, 3, 7, 2, 5, 8)
_WEST, _SOUTH = 118.36, 31.31
PRESETS = (
    ("全景", Aim()),
    ("东", Aim(90.0, 5.0, 2.0)),
    ("南门", Aim(180.0, 12.0, 4.0)),
    ("西", Aim(270.0, 5.0, 2.0)),
)
_VOICED = frozenset({1, 2, 9, 15})
"""Cameras with a loudspeaker."""
_CARDED = frozenset({1, 4, 8, 12, 18, 20})
"""Cameras with a card, and two days of recordings on it."""
_FERRY = 22
_CROSSING = ((118.365, 31.335), (118.372, 31.341), (118.381, 31.343))
FERRY_KM_H = 18.0
# Makers whose devices deviate so, and what else these do.
_MAKERS: dict[int, tuple[str, tuple[str, ...]]] = {
    12: ("Hikvision", ("substream-stream", "end-outside")),
    13: ("Hikvision", ("ptz-position-error",)),
    18: ("Dahua", ("substream-streamprofile", "records-need-all", "home-cmdtype")),
    15: ("TP-LINK", ("substream-streammode", "listen-over-tcp")),
    16: ("Uniview", ("config-other-name",)),
    20: ("Hikvision", ("filesize-minus-one",)),
}


def demo_town(base: Shot | None = None) -> list[Spec]:
    """Return the 24 cameras and the recorder of the demonstration.

    base: sizes and rates of all shots.
    """
    shown = shots(base)
    town = [_camera(number, shown) for number in range(1, len(_CAMERAS) + 1)]
    town.append(_recorder(shown))
    return town


def fault_town(base: Shot | None = None) -> list[Spec]:
    """Return devices whose picture must not come, and how each fails."""
    shown = shots(base)
    rows = (
        ("refuse-invite", "refused with 486"),
        ("ignore-invite", "no answer to INVITE"),
        ("no-media", "no media"),
        ("frozen-picture", "the picture stands still"),
        ("die-silently", "offline"),
        ("wrong-password", "offline"),
    )
    town = []
    for number, (quirk, expected) in enumerate(rows, 901):
        device_id, channel_id = _codes(number)
        channel = Channel(channel_id, f"故障{number - 900}", shown[number % 8])
        profile = Profile(device_id, channel.name, (channel,))
        town.append(Spec(profile, quirks=(quirk,), expected=expected))
    return town


def _codes(number: int) -> tuple[str, str]:
    """Return the codes of camera *number* and of its channel (annex E)."""
    return f"{CENTRE}001320{number:06}", f"{CENTRE}001310{number:06}"


def tape_of(shot: Shot) -> Shot:
    """Return what recordings of *shot* show: the same with fewer pictures, so that they are cheap.

    A group of pictures is two seconds long.
    """
    fps = max(shot.fps * 3 // 5, 1)
    return replace(
        shot, title=f"{shot.title} TAPE", fps=fps, gop=2 * fps, bitrate=shot.bitrate // 2
    )


def _camera(number: int, shown: tuple[Shot, ...]) -> Spec:
    name, district, shot, tcp, quirks, lossy, newer = _CAMERAS[number - 1]
    device_id, channel_id = _codes(number)
    maker, more = _MAKERS.get(number, ("Tongshi", ()))
    channel = Channel(
        channel_id,
        name,
        shown[shot],
        address=f"通视镇{name}",
        longitude=round(_WEST + 0.011 * (number % 7), 5),
        latitude=round(_SOUTH + 0.009 * (number // 7), 5),
        ptz_type=1 if number % 4 == 0 else 3,
        plan=Plan(days=2) if number in _CARDED else NO_PLAN,
        tape=tape_of(shown[shot]),
        presets=PRESETS if number % 4 == 0 else (),
    )
    profile = Profile(
        device_id,
        name,
        (channel,),
        manufacturer=maker,
        model="SimCam-H265" if shown[shot].codec is Codec.H265 else "SimCam-H264",
        version=Version.V2022 if newer else Version.V2016,
        civil_code=district,
        voice=f"{CENTRE}001370{number:06}" if number in _VOICED else "",
        cards=(65_536,) if number in _CARDED else (),
        mobile=number == _FERRY,
    )
    route = _CROSSING if number == _FERRY else ()
    return Spec(profile, tcp, quirks + more, LOSSY if lossy else CLEAN, route=route)


def _recorder(shown: tuple[Shot, ...]) -> Spec:
    device_id = f"{CENTRE}001180000001"
    channels = tuple(
        Channel(
            channel_code(device_id, number),
            name,
            shown[shot],
            address=f"通视镇物流园{name}",
            longitude=round(_WEST + 0.05, 5),
            latitude=round(_SOUTH + 0.001 * number, 5),
            plan=Plan(days=2, hours=A_DAY_WITH_GAPS),
            tape=tape_of(shown[shot]),
        )
        for number, (name, shot) in enumerate(zip(_CHANNELS, _CHANNEL_SHOTS, strict=True), 1)
    )
    profile = Profile(
        device_id,
        "物流园录像机",
        channels,
        model="SimNVR",
        civil_code="340208",
        alarms=(f"{CENTRE}001340000001", f"{CENTRE}001340000002"),
    )
    return Spec(profile, quirks=("duplicate-parts", "records-unsorted"))
