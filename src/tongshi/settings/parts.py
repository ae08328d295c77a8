"""Every setting: one frozen dataclass a part, one field a setting.

A field carries a line of help in both languages, its unit, its bounds and its choices.
"""

from dataclasses import dataclass, field
from typing import TypeVar

_V = TypeVar("_V", str, int, float, bool)


def _setting(
    default: _V,
    help: str,
    *,
    zh: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> _V:
    """Return a field with *default*, a line of help in both languages, a unit and bounds."""
    facts = {"help": help, "zh": zh, "unit": unit, "low": low, "high": high, "choices": choices}
    return field(default=default, metadata=facts)


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """[node]"""

    name: str = _setting(
        "Tongshi",
        "Name of this platform, shown to people and in DeviceInfo.",
        zh="本平台名称，显示给人，也用于 DeviceInfo。",
    )
    data: str = _setting(
        "data",
        "Directory of the store and of everything kept on disk.",
        zh="数据目录，存放数据库及所有落盘内容。",
    )
    language: str = _setting(
        "zh",
        "Language where a browser names none.",
        zh="浏览器未指明语言时使用的语言。",
        choices=("zh", "en"),
    )


@dataclass(frozen=True, slots=True)
class SignallingSettings:
    """[signalling]"""

    id: str = _setting(
        "34020000002000000001",
        "20-digit code of this platform, type 200.",
        zh="本平台的 20 位编码，类型 200。",
    )
    realm: str = _setting(
        "", "SIP domain; empty: the first ten digits of the id.", zh="SIP 域；留空取编码前十位。"
    )
    listen: str = _setting(
        "0.0.0.0:5060",
        "Address for SIP, UDP and TCP; port 0 takes a free one.",
        zh="SIP 监听地址，UDP 与 TCP；端口 0 取空闲端口。",
    )
    advertise: str = _setting(
        "",
        "Address told to peers; empty: the one that faces each peer.",
        zh="告知对端的地址；留空取面向该对端的本机地址。",
    )
    password: str = _setting(
        "",
        "Password of devices that have none of their own; empty: made at first start and kept.",
        zh="没有独立密码的设备所用的密码；留空则首次启动时生成并保存。",
    )
    algorithm: str = _setting(
        "MD5",
        "Digest asked for; devices of 2011 and 2016 know MD5 only.",
        zh="要求的摘要算法；2011 与 2016 版设备只支持 MD5。",
        choices=("MD5", "SHA-256"),
    )
    qop: bool = _setting(True, "Ask for qop=auth in challenges.", zh="在质询中要求 qop=auth。")
    send_date: bool = _setting(
        True, "Tell devices the time in the answer to REGISTER.", zh="在注册应答中向设备授时。"
    )
    expires_min: int = _setting(
        60,
        "Shortest registration granted.",
        zh="准予的最短注册有效期。",
        unit="s",
        low=1,
        high=86400,
    )
    expires_max: int = _setting(
        86400,
        "Longest registration granted.",
        zh="准予的最长注册有效期。",
        unit="s",
        low=60,
        high=864000,
    )
    keepalive: float = _setting(
        60.0, "Interval of keepalives.", zh="心跳间隔。", unit="s", low=0.1, high=3600
    )
    keepalive_misses: int = _setting(
        3, "Missed keepalives until offline.", zh="连续丢失多少次心跳判为离线。", low=1, high=100
    )
    keepalive_longest: float = _setting(
        900.0,
        "Longest silence of a device that was told to send keepalives seldom, until offline.",
        zh="设备被设为较长心跳间隔时，判为离线前允许的最长静默时间。",
        unit="s",
        low=1,
        high=86400,
    )
    roam: bool = _setting(
        False,
        "A keepalive from another host moves the device there, though it proves nothing; else the"
        " device must register anew.",
        zh="心跳来自另一主机时，不经认证即以该主机为设备新地址；否则设备须重新注册。",
    )
    revive: bool = _setting(
        False,
        "A keepalive without a valid registration counts; else the device must register anew.",
        zh="注册已失效的设备仅凭心跳即可恢复在线；否则须重新注册。",
    )
    lock_attempts: int = _setting(
        10,
        "Wrong passwords of a device from one address until it is locked out there.",
        zh="同一地址以某设备名义连续认证失败多少次后在该地址锁定。",
        low=1,
        high=1000,
    )
    lock_host_attempts: int = _setting(
        100,
        "Wrong passwords from one address, whatever the device, until the address is locked out;"
        " devices registered from there are spared.",
        zh="同一地址累计认证失败多少次后锁定该地址；已从该地址注册的设备不受影响。",
        low=1,
        high=100_000,
    )
    lock_minutes: float = _setting(
        5.0, "How long a lock-out lasts.", zh="锁定时长。", unit="min", low=0.1, high=1440
    )
    message_timeout: float = _setting(
        5.0,
        "Wait for the answer to a MESSAGE.",
        zh="等待 MESSAGE 应答的时间。",
        unit="s",
        low=0.5,
        high=64,
    )
    invite_timeout: float = _setting(
        12.0,
        "Wait for the answer to an INVITE.",
        zh="等待 INVITE 应答的时间。",
        unit="s",
        low=1,
        high=64,
    )
    broadcast_timeout: float = _setting(
        10.0,
        "Wait for the INVITE of a device that is to hear a voice.",
        zh="语音广播时等待设备发来 INVITE 的时间。",
        unit="s",
        low=1,
        high=60,
    )
    answer_timeout: float = _setting(
        120.0,
        "Wait for the first part of a query's answer.",
        zh="等待查询结果第一部分的时间。",
        unit="s",
        low=1,
        high=600,
    )
    part_gap: float = _setting(
        5.0,
        "Quiet time after which parts stop coming.",
        zh="多长时间没有后续部分即认为不再有。",
        unit="s",
        low=0.5,
        high=60,
    )
    queries: int = _setting(
        64, "Queries to devices under way at once.", zh="同时进行的设备查询数。", low=1, high=10000
    )
    devices: int = _setting(
        200_000, "Registered devices at the most.", zh="注册设备数上限。", low=1, high=10_000_000
    )
    connections: int = _setting(
        20_000, "TCP connections at the most.", zh="TCP 连接数上限。", low=1, high=1_000_000
    )
    connection_idle: float = _setting(
        30.0,
        "Time in which a new TCP peer must send a whole message.",
        zh="新的 TCP 对端须在此时间内发来一条完整消息。",
        unit="s",
        low=1,
        high=3600,
    )


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """[media]"""

    workers: int = _setting(
        1,
        "Gateway processes; 0 runs the gateway inside the node.",
        zh="媒体网关进程数；0 表示在节点进程内运行。",
        low=0,
        high=64,
    )
    listen: str = _setting("0.0.0.0", "Address on which media is received.", zh="接收媒体的地址。")
    advertise: str = _setting(
        "",
        "Media address told to devices; empty: as for signalling.",
        zh="告知设备的媒体地址；留空与信令相同。",
    )
    ports_from: int = _setting(
        30000, "First port for media.", zh="媒体起始端口。", low=0, high=65535
    )
    ports_to: int = _setting(33999, "Last port for media.", zh="媒体结束端口。", low=0, high=65535)
    viewer_listen: str = _setting(
        "0.0.0.0:8081",
        "Address for viewers' WebSockets; each further worker takes the next port.",
        zh="观看者 WebSocket 的地址；后续进程依次取下一个端口。",
    )
    viewer_url: str = _setting(
        "",
        "ws:// or wss:// address of viewers behind a proxy; empty: direct.",
        zh="观看者经代理访问时的 ws:// 或 wss:// 地址；留空为直连。",
    )
    transport: str = _setting(
        "udp",
        "How video is asked for.",
        zh="点播视频所用的传输方式。",
        choices=("udp", "tcp-passive", "tcp-active"),
    )
    connect_timeout: float = _setting(
        5.0,
        "Wait for a TCP media connection.",
        zh="等待 TCP 媒体连接的时间。",
        unit="s",
        low=0.5,
        high=60,
    )
    first_media: float = _setting(
        10.0,
        "Wait for the first packet of a stream.",
        zh="等待首个媒体包的时间。",
        unit="s",
        low=1,
        high=60,
    )
    silence: float = _setting(
        15.0,
        "Silence after which a stream is lost.",
        zh="静默多久判为断流。",
        unit="s",
        low=1,
        high=300,
    )
    grace: float = _setting(
        10.0,
        "Time a stream is kept after its last viewer.",
        zh="最后一个观看者离开后保留码流的时间。",
        unit="s",
        low=0,
        high=600,
    )
    sessions: int = _setting(
        2000, "Streams open at once at the most.", zh="同时打开的码流数上限。", low=1, high=100_000
    )
    viewers: int = _setting(
        5000, "Viewers at once at the most.", zh="同时观看者数上限。", low=1, high=100_000
    )
    viewer_backlog: int = _setting(
        2_000_000,
        "Unsent bytes after which a slow viewer skips to a key frame.",
        zh="慢速观看者积压超过此数即跳到下一关键帧。",
        unit="byte",
        low=65536,
    )
    loss: str = _setting(
        "freeze",
        "After loss: freeze until the next key frame, or show damaged frames.",
        zh="丢包后：冻结至下一关键帧（freeze），或显示受损画面（show）。",
        choices=("freeze", "show"),
    )
    talks: int = _setting(
        200, "Talks at once at the most.", zh="同时进行的对讲数上限。", low=1, high=10_000
    )
    talk_packet_ms: int = _setting(
        40,
        "Speech in one packet to a device.",
        zh="发往设备的每个语音包的时长。",
        unit="ms",
        low=20,
        high=180,
    )
    transcodes: int = _setting(
        4,
        "H.265 to H.264 transcodes at once.",
        zh="同时进行的 H.265 转 H.264 路数。",
        low=0,
        high=256,
    )


@dataclass(frozen=True, slots=True)
class EventSettings:
    """[events]"""

    catalog: bool = _setting(
        True, "Subscribe to changes of devices' catalogs.", zh="订阅设备的目录变化。"
    )
    alarm: bool = _setting(True, "Subscribe to devices' alarms.", zh="订阅设备的报警。")
    expires: int = _setting(
        600, "Subscription asked for.", zh="请求的订阅有效期。", unit="s", low=30, high=86400
    )
    interval: int = _setting(
        5, "Between positions of a mobile device.", zh="移动设备位置上报间隔。", unit="s", low=1
    )
    poll: float = _setting(
        3600.0,
        "Between catalogs asked for where a device cannot be subscribed to.",
        zh="设备不支持目录订阅时的目录查询间隔。",
        unit="s",
        low=60,
    )
    reset: bool = _setting(
        False,
        "Reset a device's alarm at once; else a person does, and it raises no other before.",
        zh="自动复位设备报警；否则由人工复位，复位前设备不再上报。",
    )
    repeat: float = _setting(
        10.0,
        "A report like an alarm of the same camera counts as that alarm for; 0: never.",
        zh="同一摄像机的同类报警在此时间内并入前一条；0 表示不合并。",
        unit="s",
        low=0,
        high=3600,
    )
    alarm_days: float = _setting(
        365.0,
        "Alarms and what was done with them are kept for; 0: for good.",
        zh="报警及其处理记录保留时间；0 表示一直保留。",
        unit="d",
        low=0,
        high=36500,
    )
    change_days: float = _setting(
        90.0,
        "What devices notified of their channels is kept for; 0: for good.",
        zh="通道状态与目录变化记录保留时间；0 表示一直保留。",
        unit="d",
        low=0,
        high=36500,
    )
    position_days: float = _setting(
        30.0, "Reported positions are kept for.", zh="位置上报保留时间。", unit="d", low=0
    )


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """[store]"""

    url: str = _setting(
        "",
        "Database address; empty: SQLite in the data directory.",
        zh="数据库地址；留空为数据目录中的 SQLite。",
    )
    flush: float = _setting(
        1.0,
        "Longest time presence waits to be written.",
        zh="在线状态最迟多久写入。",
        unit="s",
        low=0.05,
        high=60,
    )
    queue: int = _setting(
        200_000,
        "Writes that may wait before old ones are merged.",
        zh="排队等待写入的条数上限，超过即合并旧的。",
        low=100,
    )
    picture_days: float = _setting(
        30.0,
        "How long snapshots are kept; 0 keeps them for good.",
        zh="抓拍图片保留多久；0 表示一直保留。",
        unit="d",
        low=0,
        high=3650,
    )


@dataclass(frozen=True, slots=True)
class WebSettings:
    """[web]"""

    listen: str = _setting(
        "127.0.0.1:8080", "Address of console and API.", zh="控制台与 API 的地址。"
    )
    advertise: str = _setting(
        "",
        "http:// or https:// address at which devices reach this node, for uploads of pictures and"
        " for firmware; empty: the listening address as each device sees it.",
        zh="设备上传图片、下载固件时访问本节点的 http:// 或 https:// 地址；"
        "留空取该设备可见的监听地址。",
    )
    firmware_limit: int = _setting(
        512 * 1024 * 1024,
        "Largest firmware file taken.",
        zh="可接收的固件文件大小上限。",
        unit="byte",
        low=1024,
    )
    secure: bool = _setting(
        False, "Served over TLS: mark cookies Secure.", zh="经 TLS 提供服务：Cookie 标记 Secure。"
    )
    session_hours: float = _setting(
        12.0,
        "A sign-in ends after this time.",
        zh="登录的最长有效时间。",
        unit="h",
        low=0.1,
        high=720,
    )
    idle_minutes: float = _setting(
        60.0,
        "A sign-in ends when unused for.",
        zh="多久不操作即退出登录。",
        unit="min",
        low=1,
        high=1440,
    )
    attempts: int = _setting(
        5,
        "Failed sign-ins until an account is locked.",
        zh="连续失败多少次锁定账户。",
        low=1,
        high=100,
    )
    lock_minutes: float = _setting(
        15.0, "How long an account is locked.", zh="账户锁定时长。", unit="min", low=0.1, high=1440
    )


@dataclass(frozen=True, slots=True)
class DownloadSettings:
    """[downloads]"""

    path: str = _setting(
        "",
        "Directory for downloaded recordings; empty: downloads in the data directory.",
        zh="录像下载的存放目录；留空为数据目录下的 downloads。",
    )
    at_once: int = _setting(
        4, "Downloads at once at the most.", zh="同时进行的下载数上限。", low=1, high=64
    )
    per_device: int = _setting(
        1, "Downloads from one device at once.", zh="每台设备同时进行的下载数。", low=1, high=16
    )
    speed: int = _setting(
        8,
        "Highest speed that is asked for, of those the device announces.",
        zh="下载倍速上限，在设备声明支持的倍速中选取。",
        low=1,
        high=16,
    )
    patience: float = _setting(
        24.0,
        "How long a download waits for a device that is away.",
        zh="设备离开后下载等待其返回的最长时间。",
        unit="h",
        low=0.01,
        high=720,
    )
    keep: float = _setting(
        7.0,
        "How long finished files are kept.",
        zh="已完成文件的保留天数。",
        unit="d",
        low=0.01,
        high=3650,
    )
    quota: float = _setting(
        50.0,
        "Space that all downloaded files together may take.",
        zh="全部下载文件可占用的空间。",
        unit="GB",
        low=0.001,
    )
    reserve: float = _setting(
        2.0,
        "Space that is left free on the disk.",
        zh="磁盘上保留的空闲空间。",
        unit="GB",
        low=0,
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All parts together."""

    node: NodeSettings = field(default_factory=NodeSettings)
    signalling: SignallingSettings = field(default_factory=SignallingSettings)
    media: MediaSettings = field(default_factory=MediaSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    web: WebSettings = field(default_factory=WebSettings)
    events: EventSettings = field(default_factory=EventSettings)
    downloads: DownloadSettings = field(default_factory=DownloadSettings)


Part = (
    NodeSettings
    | SignallingSettings
    | MediaSettings
    | EventSettings
    | StoreSettings
    | WebSettings
    | DownloadSettings
)

PARTS: dict[str, type[Part]] = {
    "node": NodeSettings,
    "signalling": SignallingSettings,
    "media": MediaSettings,
    "events": EventSettings,
    "store": StoreSettings,
    "web": WebSettings,
    "downloads": DownloadSettings,
}
