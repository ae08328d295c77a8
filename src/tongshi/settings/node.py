"""What the node is called, where it keeps things, and its pages."""

from dataclasses import dataclass

from tongshi.settings.setting import setting


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """[node]"""

    name: str = setting(
        "Tongshi",
        "Name of this platform, shown to people and in DeviceInfo.",
        zh="本平台名称，显示给人，也用于 DeviceInfo。",
    )
    data: str = setting(
        "data",
        "Directory of the store and of everything kept on disk.",
        zh="数据目录，存放数据库及所有落盘内容。",
    )
    language: str = setting(
        "zh",
        "Language where a browser names none.",
        zh="浏览器未指明语言时使用的语言。",
        choices=("zh", "en"),
    )


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """[store]"""

    url: str = setting(
        "",
        "Database address; empty: SQLite in the data directory.",
        zh="数据库地址；留空为数据目录中的 SQLite。",
    )
    flush: float = setting(
        1.0,
        "Longest time presence waits to be written.",
        zh="在线状态最迟多久写入。",
        unit="s",
        low=0.05,
        high=60,
    )
    queue: int = setting(
        200_000,
        "Writes that may wait before old ones are merged.",
        zh="排队等待写入的条数上限，超过即合并旧的。",
        low=100,
    )
    picture_days: float = setting(
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

    listen: str = setting(
        "127.0.0.1:8080", "Address of console and API.", zh="控制台与 API 的地址。"
    )
    advertise: str = setting(
        "",
        "http:// or https:// address at which devices reach this node, for uploads of pictures and"
        " for firmware; empty: the listening address as each device sees it.",
        zh="设备上传图片、下载固件时访问本节点的 http:// 或 https:// 地址；"
        "留空取该设备可见的监听地址。",
    )
    firmware_limit: int = setting(
        512 * 1024 * 1024,
        "Largest firmware file taken.",
        zh="可接收的固件文件大小上限。",
        unit="byte",
        low=1024,
    )
    secure: bool = setting(
        False, "Served over TLS: mark cookies Secure.", zh="经 TLS 提供服务：Cookie 标记 Secure。"
    )
    session_hours: float = setting(
        12.0,
        "A sign-in ends after this time.",
        zh="登录的最长有效时间。",
        unit="h",
        low=0.1,
        high=720,
    )
    idle_minutes: float = setting(
        60.0,
        "A sign-in ends when unused for.",
        zh="多久不操作即退出登录。",
        unit="min",
        low=1,
        high=1440,
    )
    attempts: int = setting(
        5,
        "Failed sign-ins until an account is locked.",
        zh="连续失败多少次锁定账户。",
        low=1,
        high=100,
    )
    lock_minutes: float = setting(
        15.0, "How long an account is locked.", zh="账户锁定时长。", unit="min", low=0.1, high=1440
    )
