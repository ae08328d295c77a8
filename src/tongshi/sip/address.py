"""Where a message came from, or goes to."""

from typing import NamedTuple


class Address(NamedTuple):
    """A peer as a shell reaches it.

    host: an IP address as text, IPv6 without brackets.
    transport: ``"udp"`` or ``"tcp"``.
    local: name of our listener or of the connection; an answer leaves by the same one.
    """

    host: str
    port: int
    transport: str = "udp"
    local: str = ""

    @property
    def reliable(self) -> bool:
        """Whether the transport itself repeats what is lost."""
        return self.transport != "udp"
