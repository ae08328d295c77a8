"""What our requests say of ourselves."""

from collections.abc import Callable, Iterable

from tongshi.gb28181.charset import recode
from tongshi.gb28181.manscdp import CONTENT_TYPE
from tongshi.gb28181.profile import STANDARD, Profile
from tongshi.signalling.facing import Facing
from tongshi.signalling.neighbours import Neighbour
from tongshi.sip.address import Address
from tongshi.sip.message import Request

USER_AGENT = "Tongshi"


class Own:
    """This platform as a SIP user.

    id: 20 digits.  realm: SIP domain.  new_token: a fresh unguessable token at each call.
    profile_of: may be set later: the deviations to heed for a device.
    """

    def __init__(self, id: str, realm: str, facing: Facing, new_token: Callable[[], str]) -> None:
        self.id = id
        self.realm = realm
        self.facing = facing
        self.new_token = new_token
        self.profile_of: Callable[[str], Profile] = lambda device_id: STANDARD

    def contact_uri(self, peer: Address) -> str:
        """Return the URI that reaches us from *peer*."""
        suffix = ";transport=tcp" if peer.transport == "tcp" else ""
        return f"sip:{self.id}@{self.facing.sent_by(peer)}{suffix}"

    def uri(self, target_id: str, address: Address) -> str:
        """Return the URI of *target_id*, which is reached at *address*."""
        host = f"[{address.host}]" if ":" in address.host else address.host
        return f"sip:{target_id}@{host}:{address.port}"

    def message(self, neighbour: Neighbour, body: bytes) -> Request:
        """Return a MESSAGE with a MANSCDP *body* to a device.  Source: GB/T 28181-2022 A.1."""
        return self.request(
            "MESSAGE",
            neighbour.device_id,
            neighbour.address,
            (("Content-Type", CONTENT_TYPE),),
            recode(body, self.profile_of(neighbour.device_id).charset),
        )

    def request(
        self,
        method: str,
        target_id: str,
        address: Address,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Request:
        """Return a request outside any dialog for *target_id*, which is reached at *address*."""
        token = self.new_token()
        return Request(
            method,
            self.uri(target_id, address),
            (
                ("From", f"<sip:{self.id}@{self.realm}>;tag={token[:16]}"),
                ("To", f"<sip:{target_id}@{self.realm}>"),
                ("Call-ID", f"{token}@{self.realm}"),
                ("CSeq", f"1 {method}"),
                ("Max-Forwards", "70"),
                ("User-Agent", USER_AGENT),
                *headers,
            ),
            body,
        )
