"""How media is received and shown, and how recordings are fetched."""

from dataclasses import dataclass

from tongshi.settings.setting import setting


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """[media]"""

    workers: int = setting(
        1,
        "Gateway processes; 0 runs the gateway inside the node.",
        zh="媒体网关进程数；0 表示在节点进程内运行。",
        low=0,
        high=64,
    )
    listen: str = setting("0.0.0.0", "Address on which media is received.", zh="接收媒体的地址。")
    advertise: str = setting(
        "",
        "Media address told to devices; empty: as for signalling.",
        zh="告知设备的媒体地址；留空与信令相同。",
    )
    ports_from: int = setting(
        30000, "First port for media.", zh="媒体起始端口。", low=0, high=65535
    )
    ports_to: int = setting(33999, "Last port for media.", zh="媒体结束端口。", low=0, high=65535)
    viewer_listen: str = setting(
        "0.0.0.0:8081",
        "Address for viewers' WebSockets; each further worker takes the next port.",
        zh="观看者 WebSocket 的地址；后续进程依次取下一个端口。",
    )
    viewer_url: str = setting(
        "",
        "ws:// or wss:// address of viewers behind a proxy; empty: direct.",
        zh="观看者经代理访问时的 ws:// 或 wss:// 地址；留空为直连。",
    )
    transport: str = setting(
        "udp",
        "How video is asked for.",
        zh="点播视频所用的传输方式。",
        choices=("udp", "tcp-passive", "tcp-active"),
    )
    connect_timeout: float = setting(
        5.0,
        "Wait for a TCP media connection.",
        zh="等待 TCP 媒体连接的时间。",
        unit="s",
        low=0.5,
        high=60,
    )
    first_media: float = setting(
        10.0,
        "Wait for the first packet of a stream.",
        zh="等待首个媒体包的时间。",
        unit="s",
        low=1,
        high=60,
    )
    silence: float = setting(
        15.0,
        "Silence after which a stream is lost.",
        zh="静默多久判为断流。",
        unit="s",
        low=1,
        high=300,
    )
    grace: float = setting(
        10.0,
        "Time a stream is kept after its last viewer.",
        zh="最后一个观看者离开后保留码流的时间。",
        unit="s",
        low=0,
        high=600,
    )
    sessions: int = setting(
        2000, "Streams open at once at the most.", zh="同时打开的码流数上限。", low=1, high=100_000
    )
    viewers: int = setting(
        5000, "Viewers at once at the most.", zh="同时观看者数上限。", low=1, high=100_000
    )
    viewer_backlog: int = setting(
        2_000_000,
        "Unsent bytes after which a slow viewer skips to a key frame.",
        zh="慢速观看者积压超过此数即跳到下一关键帧。",
        unit="byte",
        low=65536,
    )
    loss: str = setting(
        "freeze",
        "After loss: freeze until the next key frame, or show damaged frames.",
        zh="丢包后：冻结至下一关键帧（freeze），或显示受损画面（show）。",
        choices=("freeze", "show"),
    )
    talks: int = setting(
        200, "Talks at once at the most.", zh="同时进行的对讲数上限。", low=1, high=10_000
    )
    talk_packet_ms: int = setting(
        40,
        "Speech in one packet to a device.",
        zh="发往设备的每个语音包的时长。",
        unit="ms",
        low=20,
        high=180,
    )
    transcodes: int = setting(
        4,
        "H.265 to H.264 transcodes at once.",
        zh="同时进行的 H.265 转 H.264 路数。",
        low=0,
        high=256,
    )


@dataclass(frozen=True, slots=True)
class DownloadSettings:
    """[downloads]"""

    path: str = setting(
        "",
        "Directory for downloaded recordings; empty: downloads in the data directory.",
        zh="录像下载的存放目录；留空为数据目录下的 downloads。",
    )
    at_once: int = setting(
        4, "Downloads at once at the most.", zh="同时进行的下载数上限。", low=1, high=64
    )
    per_device: int = setting(
        1, "Downloads from one device at once.", zh="每台设备同时进行的下载数。", low=1, high=16
    )
    speed: int = setting(
        8,
        "Highest speed that is asked for, of those the device announces.",
        zh="下载倍速上限，在设备声明支持的倍速中选取。",
        low=1,
        high=16,
    )
    patience: float = setting(
        24.0,
        "How long a download waits for a device that is away.",
        zh="设备离开后下载等待其返回的最长时间。",
        unit="h",
        low=0.01,
        high=720,
    )
    keep: float = setting(
        7.0,
        "How long finished files are kept.",
        zh="已完成文件的保留天数。",
        unit="d",
        low=0.01,
        high=3650,
    )
    quota: float = setting(
        50.0,
        "Space that all downloaded files together may take.",
        zh="全部下载文件可占用的空间。",
        unit="GB",
        low=0.001,
    )
    reserve: float = setting(
        2.0,
        "Space that is left free on the disk.",
        zh="磁盘上保留的空闲空间。",
        unit="GB",
        low=0,
    )
