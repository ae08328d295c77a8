"""The Subject header of an INVITE: who sends, who receives, which stream.

Source: GB/T 28181-2022 annex L.
"""

import re
from dataclasses import dataclass

_SIDE = re.compile(r"\s*([^:,\s]{1,64})\s*(?::\s*([^:,\s]{0,64}))?\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Subject:
    """Media sender (a channel) and receiver (a platform), each with the number of the stream.

    sender_seq: begins with 0 for live, 1 for history; the same for the same live stream.
    """

    sender: str
    sender_seq: str
    receiver: str
    receiver_seq: str

    @classmethod
    def parse(cls, header: str | None) -> "Subject | None":
        """Return what *header* says; None when it is absent or unreadable: no INVITE fails by it.

        A missing receiver, or a missing number, is empty.
        """
        sides = (header or "").split(",")
        if len(sides) > 2:
            return None
        found = [_SIDE.fullmatch(side) for side in sides]
        if found[0] is None or found[-1] is None:
            return None
        last = found[1] if len(found) == 2 else None
        return cls(
            found[0][1],
            found[0][2] or "",
            last[1] if last else "",
            (last[2] or "") if last else "",
        )

    def __str__(self) -> str:
        return f"{self.sender}:{self.sender_seq},{self.receiver}:{self.receiver_seq}"
