"""How people sign in, what stands on the pictures, and what is unusual for an account."""

from dataclasses import dataclass

from tongshi.settings.setting import setting

NOBODY = "nobody"
"""Of ``access.totp``: nobody must enrol codes.  Only a demonstration sets it; no file can."""


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """[access]"""

    totp: str = setting(
        "administrators",
        "Who must enrol one-time codes: the three administrators, or everybody.",
        zh="哪些人必须绑定动态口令：三类管理员（administrators）或所有人（everybody）。",
        choices=("administrators", "everybody"),
    )
    addresses: int = setting(
        2,
        "From how many addresses one person may be signed in at once; the sign-ins at those used"
        " longest ago end.",
        zh="一个人可同时从几个地址登录；超出时，最久未用地址上的登录即结束。",
        low=1,
        high=20,
    )
    certificate: str = setting(
        "warn",
        "Without training and a certificate that holds, operators, contractors and administrators"
        " other than of security: nothing follows (off), they are told (warn), or they have no"
        " right but to their own account (block).",
        zh="值班员、外包人员及除安全管理员外的管理员未培训或证书失效时：不处理（off）、"
        "提醒（warn），或除本人账户外不得操作（block）。",
        choices=("off", "warn", "block"),
    )
    proof_minutes: float = setting(
        15.0,
        "How long a password or code is fresh enough for changes of accounts.",
        zh="修改账户所需的身份验证在多长时间内有效。",
        unit="min",
        low=1,
        high=720,
    )
    oidc_issuer: str = setting(
        "",
        "Issuer of an OpenID Connect provider, as it names itself; empty: none.",
        zh="OpenID Connect 身份提供方的 issuer，与其自称一致；留空则不启用。",
    )
    oidc_client: str = setting("", "Client id at that provider.", zh="在该提供方登记的 client id。")
    oidc_secret: str = setting(
        "",
        "Client secret at that provider; empty for a public client.",
        zh="在该提供方登记的 client secret；公共客户端留空。",
    )
    oidc_return: str = setting(
        "",
        "Address to which the provider sends people back, as registered there:"
        " https://…/sign-in/oidc/callback.",
        zh="提供方登记的回调地址：https://…/sign-in/oidc/callback。",
    )
    oidc_email: bool = setting(
        False,
        "Also let in by an address that the provider says it verified, where an administrator"
        " entered it for the account.",
        zh="除绑定的身份外，也接受提供方声明已验证、且管理员已为账户登记的邮箱。",
    )

    watermark: str = setting(
        "player",
        "The looker's name, unit and time: nowhere (off), on pictures in pages (player), or also"
        " burnt into exported files and snapshots (export).",
        zh="观看者的姓名、单位与时间水印：关闭（off）、仅页面画面（player），"
        "或同时烧录到导出文件与抓拍图片（export）。",
        choices=("off", "player", "export"),
    )
    bind_session: bool = setting(
        True,
        "Addresses of pictures and sound open for the sign-in that asked alone; turn off only"
        " where viewers' WebSockets have another host name than the console.",
        zh="图像与声音地址只对申请它的登录有效；仅当观看用 WebSocket 与控制台主机名不同时关闭。",
    )
    bind_address: bool = setting(
        True,
        "Addresses of pictures, sound and files open for the network address that asked alone;"
        " turn off behind a proxy on another machine.",
        zh="图像、声音与文件地址只对申请它的网络地址有效；位于其他机器上的代理之后时关闭。",
    )


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """[watch]"""

    pause: float = setting(
        30.0,
        "Between two looks at what accounts did.",
        zh="两次检查账户行为之间的间隔。",
        unit="s",
        low=0.05,
        high=3600,
    )
    past_days: int = setting(
        28,
        "How much of an account's past is compared with.",
        zh="与账户过去多少天的行为比较。",
        unit="d",
        low=7,
        high=366,
    )
    settled_days: int = setting(
        5,
        "Days on which an account must have been in use before its past says anything.",
        zh="账户至少使用多少天后，其过去的行为才可作比较。",
        unit="d",
        low=1,
        high=90,
    )
    factor: float = setting(
        4.0,
        "So many times the account's own median is unusual.",
        zh="达到本账户中位数的多少倍视为异常。",
        low=1.1,
        high=1000,
    )
    role_factor: float = setting(
        8.0,
        "So many times the median of the accounts of its role is unusual.",
        zh="达到同角色账户中位数的多少倍视为异常。",
        low=1.1,
        high=1000,
    )
    looks_hour: int = setting(
        30,
        "Looks in one hour below which nothing is unusual.",
        zh="一小时内观看次数低于此数不视为异常。",
        low=1,
        high=1_000_000,
    )
    looks_day: int = setting(
        100,
        "Looks in one day below which nothing is unusual.",
        zh="一天内观看次数低于此数不视为异常。",
        low=1,
        high=1_000_000,
    )
    odd_hours: int = setting(
        5,
        "Looks in one day at hours at which the account is not in use.",
        zh="一天内在账户非惯常时段观看的次数。",
        low=1,
        high=100_000,
    )
    divisions: int = setting(
        3,
        "Divisions in one day that the account never looked at before.",
        zh="一天内首次涉及的行政区划数。",
        low=1,
        high=10_000,
    )
    refusals: int = setting(
        10, "Refusals in one hour.", zh="一小时内被拒绝的次数。", low=1, high=100_000
    )
    cameras: int = setting(
        30,
        "Different cameras in ten minutes.",
        zh="十分钟内观看的不同摄像机数。",
        low=1,
        high=100_000,
    )
    downloads: int = setting(
        40,
        "Downloads in one day; what is asked for and what is fetched count each.",
        zh="一天内的下载次数；申请与取走各计一次。",
        low=1,
        high=100_000,
    )
    sign_ins: int = setting(
        10,
        "Failed sign-ins in one hour, to one account or from one address.",
        zh="一小时内同一账户或同一地址登录失败的次数。",
        low=1,
        high=100_000,
    )
    keep_days: float = setting(
        1095.0,
        "How long closed findings are kept; 0 keeps them for good.",
        zh="已处理发现的保留时间；0 表示一直保留。",
        unit="d",
        low=0,
        high=36500,
    )
