import socket

import pytest

from tongshi.gateway.guard import admit_only, dropped, program


def receiver(host: str, family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.settimeout(5)
    return sock


def send(source: str, to: socket.socket, data: bytes) -> None:
    with socket.socket(to.family, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.sendto(data, to.getsockname()[:2])


@pytest.mark.parametrize(("host", "steps"), [("192.0.2.7", 4), ("2001:db8::7", 10)])
def test_a_program_compares_each_word(host: str, steps: int) -> None:
    assert len(program(host)) == 8 * steps


@pytest.mark.network
def test_only_the_one_host_gets_through_and_the_rest_is_counted() -> None:
    with receiver("127.0.0.1") as sock:
        assert admit_only(sock, "127.0.0.2")
        for number in range(5):
            send("127.0.0.3", sock, b"%d" % number)
        send("127.0.0.2", sock, b"x" * 2000)
        assert sock.recv(4096) == b"x" * 2000
        assert dropped(sock) == 5
        assert admit_only(sock, "127.0.0.3")  # the last word counts
        send("127.0.0.2", sock, b"no")
        send("127.0.0.3", sock, b"yes")
        assert sock.recv(4096) == b"yes"


@pytest.mark.network
def test_ipv6() -> None:
    with receiver("::1", socket.AF_INET6) as sock:
        assert admit_only(sock, "::2")
        send("::1", sock, b"no")
        assert admit_only(sock, "::1")
        send("::1", sock, b"yes")
        assert sock.recv(4096) == b"yes"
        assert dropped(sock) == 1
        assert not admit_only(sock, "127.0.0.1")


@pytest.mark.network
@pytest.mark.parametrize("host", ["", "camera.example", "::1", "1.2.3"])
def test_what_is_no_address_of_the_kind_filters_nothing(host: str) -> None:
    with receiver("127.0.0.1") as sock:
        assert not admit_only(sock, host)
        send("127.0.0.3", sock, b"yes")
        assert sock.recv(4096) == b"yes"


def test_a_system_without_filters_says_so() -> None:
    with receiver("127.0.0.1") as sock:
        pass
    assert not admit_only(sock, "127.0.0.1")
    assert dropped(sock) == 0
