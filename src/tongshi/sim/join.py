"""How a simulated device joins its platform, and what it tells its shell.

Source: GB/T 28181-2022 9.1.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tongshi.gb28181.manscdp import CONTENT_TYPE
from tongshi.gb28181.registrant import Account, Patience
from tongshi.sim.profile import Profile
from tongshi.sim.quirks import Quirks
from tongshi.sip.message import Request

_PRIVATE = ("192.168.1.64", 5060)


@dataclass(frozen=True, slots=True)
class Join:
    """How a device reaches its platform.

    domain: of the platform; empty: the first ten digits of its id.  expires, keepalive: s.
    misses: unanswered keepalives until it registers anew.  items: catalog items in a message.
    """

    platform_id: str
    password: str = field(default="", repr=False)
    domain: str = ""
    expires: int = 3600
    keepalive: float = 60.0
    misses: int = 3
    items: int = 4
    patience: Patience = field(default_factory=Patience)
    user_agent: str = "Tongshi simulator"

    @property
    def realm(self) -> str:
        """The domain."""
        return self.domain or self.platform_id[:10]


@dataclass(frozen=True, slots=True)
class Registered:
    """The platform has taken the device in.  expires: s.  refreshed: it was in before."""

    expires: int
    refreshed: bool


@dataclass(frozen=True, slots=True)
class Unregistered:
    """The device is not registered: refused, unanswered, or by its own wish.

    status: of the refusal; None when no answer came, or by its own wish.
    """

    status: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class PlatformLost:
    """Keepalives had no answer; the device registers anew."""


@dataclass(frozen=True, slots=True)
class Died:
    """The device fell silent, as its quirk wants."""


def account_of(profile: Profile, join: Join, contact: tuple[str, int], quirks: Quirks) -> Account:
    """Return what a device registers with; contact: its own host and port."""
    wrong = "!" if "wrong-password" in quirks else ""
    host = host_port(_PRIVATE if "private-contact" in quirks else contact)
    return Account(
        device_id=profile.device_id,
        server_id=join.platform_id,
        domain=join.realm,
        contact=f"sip:{profile.device_id}@{host}",
        password=join.password + wrong,
        expires=join.expires,
        user_agent=join.user_agent,
        version=profile.version,
    )


def compose(body: bytes, sender: str, join: Join, new_token: Callable[[], str]) -> Request:
    """Return a MESSAGE of *sender* to the platform (RFC 3428)."""
    headers = [
        ("From", f"<sip:{sender}@{join.realm}>;tag={new_token()}"),
        ("To", f"<sip:{join.platform_id}@{join.realm}>"),
        ("Call-ID", new_token()),
        ("CSeq", "20 MESSAGE"),
        ("Max-Forwards", "70"),
        ("User-Agent", join.user_agent),
        ("Content-Type", CONTENT_TYPE),
    ]
    return Request("MESSAGE", f"sip:{join.platform_id}@{join.realm}", headers, body)


def host_port(contact: tuple[str, int]) -> str:
    """Return *contact* as it stands in a URI."""
    host, port = contact
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
