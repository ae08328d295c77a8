"""One host's datagrams only: a filter that the kernel runs, so that strangers cost nothing.

A port and ten digits of SSRC, four of which change, are all that a stranger must guess to put
pictures of its own into a stream.  Where the answer to an INVITE names the host that also signals,
media is taken from there alone.  Looking at each sender here would cost a tenth of receiving.

Source: Linux, Documentation/networking/filter.rst (classic BPF; ``SKF_NET_OFF`` is where the IP
header begins).
"""

import contextlib
import ctypes
import ipaddress
import socket
import struct

_SO_ATTACH_FILTER = getattr(socket, "SO_ATTACH_FILTER", 26)
_SO_MEMINFO = 55
_DROPS = 8  # SK_MEMINFO_DROPS
_NETWORK = 0x1_0000_0000 - 0x100000  # SKF_NET_OFF
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # BPF_LD+W+ABS, BPF_JMP+JEQ+K, BPF_RET+K
_SOURCE = {4: 12, 6: 8}
"""Where the source address stands in the IP header, by version."""


def program(host: str) -> bytes:
    """Return the filter that passes datagrams of *host* whole and drops all others.

    host: an address.  Raises ValueError when it is none.
    """
    address = ipaddress.ip_address(host.partition("%")[0])
    words = struct.unpack(f">{len(address.packed) // 4}I", address.packed)
    steps: list[tuple[int, int, int, int]] = []
    for number, word in enumerate(words):
        left = 2 * (len(words) - number) - 1  # from the comparison to the refusal
        steps.append((_LOAD, 0, 0, _NETWORK + _SOURCE[address.version] + 4 * number))
        steps.append((_EQUAL, 0, left, word))
    steps += [(_RETURN, 0, 0, 0xFFFFFFFF), (_RETURN, 0, 0, 0)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def admit_only(sock: socket.socket, host: str) -> bool:
    """Let *sock* receive datagrams of *host* alone; False when the system cannot."""
    with contextlib.suppress(ValueError, OSError):
        if (":" in host) is not (sock.family == socket.AF_INET6):
            return False
        code = program(host)
        held = ctypes.create_string_buffer(code, len(code))
        head = struct.pack("HP", len(code) // 8, ctypes.addressof(held))
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)
        return True
    return False


def dropped(sock: socket.socket) -> int:
    """Return how many datagrams the kernel kept from *sock*: filtered, or for want of room."""
    with contextlib.suppress(OSError, struct.error):
        info = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, 36)
        return int(struct.unpack_from("I", info, 4 * _DROPS)[0])
    return 0
