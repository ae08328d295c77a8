from tongshi.sip.address import Address


def test_only_udp_loses() -> None:
    assert not Address("192.0.2.1", 5060).reliable
    assert Address("192.0.2.1", 5060, "tcp", "connection 7").reliable
