"""How the audit chain is sealed, witnessed and kept."""

from dataclasses import dataclass

from tongshi.settings.setting import setting


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """[audit]"""

    seal: float = setting(
        60.0,
        "Between two signed heads, while something happens: what none vouches for yet is younger.",
        zh="有新条目时签署链头的间隔；尚无签名担保的条目不会比这更旧。",
        unit="s",
        low=1,
        high=60,
    )
    witness: str = setting(
        "",
        "Directory, best on another machine, in which each signed head is also written down;"
        " empty: none, and nobody but a superior node can tell a store that was rolled back.",
        zh="另存每个签名链头的目录，宜在另一台机器上；留空则不写，此时只有上级节点能发现库被回退。",
    )
    superior: str = setting(
        "",
        "Address of the superior node that witnesses the heads, as https://host:port; empty: none.",
        zh="见证链头的上级节点地址，如 https://host:port；留空则无。",
    )
    superior_token: str = setting(
        "",
        "File with the secret that the superior node gave this one.",
        zh="存放上级节点所发密钥的文件。",
    )
    subordinates: str = setting(
        "",
        "File with the secrets of subordinate nodes, a line each: a name, a space, the secret;"
        " empty: none is taken.",
        zh="下级节点密钥文件，每行一个：名称、空格、密钥；留空则不接收。",
    )
    register_months: int = setting(
        36,
        "Entries of the access register stay on the chain for at least so many months.",
        zh="调用登记在审计链上至少保留的月数。",
        unit="months",
        low=36,
        high=1200,
    )
    security_months: int = setting(
        36,
        "Every other entry stays on the chain for at least so many months; the law asks for six.",
        zh="其他条目在审计链上至少保留的月数；法律要求不少于六个月。",
        unit="months",
        low=6,
        high=1200,
    )
