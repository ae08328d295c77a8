"""What other programs may do here, and what they are told."""

from dataclasses import dataclass

from tongshi.settings.setting import setting


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """[tokens]"""

    longest: float = setting(
        365.0,
        "Longest time for which a token can be made.",
        zh="令牌的最长有效期。",
        unit="d",
        low=0.01,
        high=3650,
    )
    usage_days: float = setting(
        800.0,
        "Usage of tokens is kept for; 0: for good.",
        zh="令牌用量记录保留时间；0 表示一直保留。",
        unit="d",
        low=0,
        high=36500,
    )


@dataclass(frozen=True, slots=True)
class HookSettings:
    """[hooks]"""

    networks: str = setting(
        "",
        "Inner addresses and networks to which webhooks may go, with spaces between, as"
        " 10.1.0.0/16; all other inner addresses are refused.",
        zh="允许推送到的内网地址或网段，以空格分隔，如 10.1.0.0/16；其余内网地址一律拒绝。",
    )
    authorities: str = setting(
        "",
        "File of certificates (PEM) of authorities that https:// receivers are trusted by, beside"
        " those of the system.",
        zh="推送到 https:// 地址时，除系统证书外另行信任的证书颁发机构文件（PEM）。",
    )
    timeout: float = setting(
        10.0,
        "Longest time of one delivery, from the name's address to the answer.",
        zh="单次推送的最长时间，从解析地址到收到应答。",
        unit="s",
        low=0.1,
        high=120,
    )
    patience: float = setting(
        24.0,
        "A delivery is tried again for.",
        zh="推送失败后持续重试的时间。",
        unit="h",
        low=0.0,
        high=720,
    )
    queue: int = setting(
        10_000,
        "Deliveries of one webhook that may wait; the receiver is told how many were left out.",
        zh="每个推送可排队等待的条数；超出时告知接收方遗漏了多少条。",
        low=1,
        high=1_000_000,
    )
    keep_days: float = setting(
        14.0,
        "Deliveries are listed for, once they are made or given up.",
        zh="已完成或放弃的推送记录保留时间。",
        unit="d",
        low=0,
        high=3650,
    )
