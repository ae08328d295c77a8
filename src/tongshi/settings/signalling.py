"""How devices are spoken to, and what they are asked to tell."""

from dataclasses import dataclass

from tongshi.settings.setting import setting


@dataclass(frozen=True, slots=True)
class SignallingSettings:
    """[signalling]"""

    id: str = setting(
        "34020000002000000001",
        "20-digit code of this platform, type 200.",
        zh="本平台的 20 位编码，类型 200。",
    )
    realm: str = setting(
        "", "SIP domain; empty: the first ten digits of the id.", zh="SIP 域；留空取编码前十位。"
    )
    listen: str = setting(
        "0.0.0.0:5060",
        "Address for SIP, UDP and TCP; port 0 takes a free one.",
        zh="SIP 监听地址，UDP 与 TCP；端口 0 取空闲端口。",
    )
    advertise: str = setting(
        "",
        "Address told to peers; empty: the one that faces each peer.",
        zh="告知对端的地址；留空取面向该对端的本机地址。",
    )
    password: str = setting(
        "",
        "Password of devices that have none of their own; empty: made at first start and kept.",
        zh="没有独立密码的设备所用的密码；留空则首次启动时生成并保存。",
    )
    algorithm: str = setting(
        "MD5",
        "Digest asked for; devices of 2011 and 2016 know MD5 only.",
        zh="要求的摘要算法；2011 与 2016 版设备只支持 MD5。",
        choices=("MD5", "SHA-256"),
    )
    qop: bool = setting(True, "Ask for qop=auth in challenges.", zh="在质询中要求 qop=auth。")
    send_date: bool = setting(
        True, "Tell devices the time in the answer to REGISTER.", zh="在注册应答中向设备授时。"
    )
    expires_min: int = setting(
        60,
        "Shortest registration granted.",
        zh="准予的最短注册有效期。",
        unit="s",
        low=1,
        high=86400,
    )
    expires_max: int = setting(
        86400,
        "Longest registration granted.",
        zh="准予的最长注册有效期。",
        unit="s",
        low=60,
        high=864000,
    )
    keepalive: float = setting(
        60.0, "Interval of keepalives.", zh="心跳间隔。", unit="s", low=0.1, high=3600
    )
    keepalive_misses: int = setting(
        3, "Missed keepalives until offline.", zh="连续丢失多少次心跳判为离线。", low=1, high=100
    )
    keepalive_longest: float = setting(
        900.0,
        "Longest silence of a device that was told to send keepalives seldom, until offline.",
        zh="设备被设为较长心跳间隔时，判为离线前允许的最长静默时间。",
        unit="s",
        low=1,
        high=86400,
    )
    roam: bool = setting(
        False,
        "A keepalive from another host moves the device there, though it proves nothing; else the"
        " device must register anew.",
        zh="心跳来自另一主机时，不经认证即以该主机为设备新地址；否则设备须重新注册。",
    )
    revive: bool = setting(
        False,
        "A keepalive without a valid registration counts; else the device must register anew.",
        zh="注册已失效的设备仅凭心跳即可恢复在线；否则须重新注册。",
    )
    lock_attempts: int = setting(
        10,
        "Wrong passwords of a device from one address until it is locked out there.",
        zh="同一地址以某设备名义连续认证失败多少次后在该地址锁定。",
        low=1,
        high=1000,
    )
    lock_host_attempts: int = setting(
        100,
        "Wrong passwords from one address, whatever the device, until the address is locked out;"
        " devices registered from there are spared.",
        zh="同一地址累计认证失败多少次后锁定该地址；已从该地址注册的设备不受影响。",
        low=1,
        high=100_000,
    )
    lock_minutes: float = setting(
        5.0, "How long a lock-out lasts.", zh="锁定时长。", unit="min", low=0.1, high=1440
    )
    message_timeout: float = setting(
        5.0,
        "Wait for the answer to a MESSAGE.",
        zh="等待 MESSAGE 应答的时间。",
        unit="s",
        low=0.5,
        high=64,
    )
    invite_timeout: float = setting(
        12.0,
        "Wait for the answer to an INVITE.",
        zh="等待 INVITE 应答的时间。",
        unit="s",
        low=1,
        high=64,
    )
    broadcast_timeout: float = setting(
        10.0,
        "Wait for the INVITE of a device that is to hear a voice.",
        zh="语音广播时等待设备发来 INVITE 的时间。",
        unit="s",
        low=1,
        high=60,
    )
    answer_timeout: float = setting(
        120.0,
        "Wait for the first part of a query's answer.",
        zh="等待查询结果第一部分的时间。",
        unit="s",
        low=1,
        high=600,
    )
    part_gap: float = setting(
        5.0,
        "Quiet time after which parts stop coming.",
        zh="多长时间没有后续部分即认为不再有。",
        unit="s",
        low=0.5,
        high=60,
    )
    queries: int = setting(
        64, "Queries to devices under way at once.", zh="同时进行的设备查询数。", low=1, high=10000
    )
    devices: int = setting(
        200_000, "Registered devices at the most.", zh="注册设备数上限。", low=1, high=10_000_000
    )
    connections: int = setting(
        20_000, "TCP connections at the most.", zh="TCP 连接数上限。", low=1, high=1_000_000
    )
    connection_idle: float = setting(
        30.0,
        "Time in which a new TCP peer must send a whole message.",
        zh="新的 TCP 对端须在此时间内发来一条完整消息。",
        unit="s",
        low=1,
        high=3600,
    )


@dataclass(frozen=True, slots=True)
class EventSettings:
    """[events]"""

    catalog: bool = setting(
        True, "Subscribe to changes of devices' catalogs.", zh="订阅设备的目录变化。"
    )
    alarm: bool = setting(True, "Subscribe to devices' alarms.", zh="订阅设备的报警。")
    expires: int = setting(
        600, "Subscription asked for.", zh="请求的订阅有效期。", unit="s", low=30, high=86400
    )
    interval: int = setting(
        5, "Between positions of a mobile device.", zh="移动设备位置上报间隔。", unit="s", low=1
    )
    poll: float = setting(
        3600.0,
        "Between catalogs asked for where a device cannot be subscribed to.",
        zh="设备不支持目录订阅时的目录查询间隔。",
        unit="s",
        low=60,
    )
    reset: bool = setting(
        False,
        "Reset a device's alarm at once; else a person does, and it raises no other before.",
        zh="自动复位设备报警；否则由人工复位，复位前设备不再上报。",
    )
    repeat: float = setting(
        10.0,
        "A report like an alarm of the same camera counts as that alarm for; 0: never.",
        zh="同一摄像机的同类报警在此时间内并入前一条；0 表示不合并。",
        unit="s",
        low=0,
        high=3600,
    )
    alarm_days: float = setting(
        365.0,
        "Alarms and what was done with them are kept for; 0: for good.",
        zh="报警及其处理记录保留时间；0 表示一直保留。",
        unit="d",
        low=0,
        high=36500,
    )
    change_days: float = setting(
        90.0,
        "What devices notified of their channels is kept for; 0: for good.",
        zh="通道状态与目录变化记录保留时间；0 表示一直保留。",
        unit="d",
        low=0,
        high=36500,
    )
    position_days: float = setting(
        30.0, "Reported positions are kept for.", zh="位置上报保留时间。", unit="d", low=0
    )
