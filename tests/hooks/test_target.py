from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import Denied, Invalid
from tongshi.hooks.target import Target, forbid, parse, pick, read_networks, unwrap

FORBIDDEN = [
    ("127.0.0.1", "loopback"),
    ("127.255.0.7", "loopback"),
    ("::1", "loopback"),
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "unspecified"),
    ("::", "unspecified"),
    ("10.0.0.1", "private"),
    ("172.16.5.4", "private"),
    ("172.31.255.255", "private"),
    ("192.168.1.1", "private"),
    ("198.18.0.1", "private"),
    ("192.0.2.1", "private"),
    ("fc00::1", "private"),
    ("fd12:3456::1", "private"),
    ("fec0::1", "private"),
    ("100.64.0.1", "reserved"),
    ("169.254.169.254", "link-local"),
    ("fe80::1", "link-local"),
    ("fe80::1%1", "link-local"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("ff02::1", "multicast"),
    ("255.255.255.255", "broadcast"),
    ("240.0.0.1", "private"),
    # IPv4 in IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP
    ("::ffff:127.0.0.1", "loopback"),
    ("::ffff:10.0.0.1", "private"),
    ("::ffff:169.254.169.254", "link-local"),
    ("::127.0.0.1", "loopback"),
    ("::ffff:0:192.168.0.1", "private"),
    ("64:ff9b::7f00:1", "loopback"),
    ("64:ff9b::10.1.2.3", "private"),
    ("64:ff9b:1::a9fe:a9fe", "link-local"),
    ("2002:7f00:1::", "loopback"),
    ("2002:c0a8:101::1", "private"),
    ("2002:e000:1::1", "multicast"),
    ("2001:0:102:304:0:0:f5ff:fffe", "private"),
    ("2620:0:1::5efe:10.0.0.1", "private"),
    ("2620:0:1::200:5efe:127.0.0.1", "loopback"),
]
OPEN = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize(("address", "reason"), FORBIDDEN)
def test_no_inner_address_is_called(address: str, reason: str) -> None:
    assert forbid(ip_address(address), ()) == reason
    with pytest.raises(Denied) as caught:
        pick([address], ())
    assert caught.value.helps == "hooks.networks"


@pytest.mark.parametrize("address", OPEN)
def test_an_outer_address_is_called(address: str) -> None:
    assert forbid(ip_address(address), ()) == ""


def test_an_operator_lists_inner_networks() -> None:
    allowed = read_networks("10.1.0.0/16 127.0.0.0/8 fd00::/8")
    for address in ("10.1.9.9", "127.0.0.1", "fd00::5", "::ffff:10.1.0.1", "64:ff9b::10.1.0.1"):
        assert forbid(ip_address(address), allowed) == "", address
    for address in ("10.2.0.1", "192.168.0.1", "fc00::1", "::1", "2002:a02:1::1"):
        assert forbid(ip_address(address), allowed), address
    everything = read_networks("0.0.0.0/0 ::/0")
    for address in ("224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255"):
        assert forbid(ip_address(address), everything), address
    with pytest.raises(Invalid):
        read_networks("inside")


def test_one_forbidden_address_among_others_refuses_the_name() -> None:
    assert pick(["8.8.8.8", "8.8.8.8", "1.1.1.1"], ()) == ("8.8.8.8", "1.1.1.1")
    for found in (["8.8.8.8", "127.0.0.1"], [], ["no address"]):
        with pytest.raises(Denied):
            pick(found, ())


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_no_verdict(address: object) -> None:
    inner = ip_address(str(address))
    number = int(inner)
    wrapped = [ip_address(f"::ffff:{inner}"), ip_address(f"64:ff9b::{inner}")]
    wrapped.append(ip_address((0x2002 << 112) | (number << 80)))
    for outer in wrapped:
        assert unwrap(outer) == inner
        assert forbid(outer, ()) == forbid(inner, ())


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://hooks.example/in?a=b", Target("http", "hooks.example", 80, "/in?a=b")),
        ("https://hooks.example:8443", Target("https", "hooks.example", 8443, "/")),
        ("https://[2001:db8::1]:9/x", Target("https", "2001:db8::1", 9, "/x")),
        ("HTTP://HOOKS.EXAMPLE./#part", Target("http", "hooks.example", 80, "/")),
    ],
)
def test_a_url_is_read(url: str, target: Target) -> None:
    assert parse(url) == target


def test_the_authority_names_a_port_that_is_not_usual() -> None:
    assert parse("https://hooks.example/").authority == "hooks.example"
    assert parse("http://[::1]:8080/").authority == "[::1]:8080"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "//hooks.example",
        "ftp://hooks.example",
        "file:///etc/passwd",
        "gopher://hooks.example",
        "javascript:alert(1)",
        "http://",
        "http:///path",
        "http://user@hooks.example",
        "http://user:pass@hooks.example",
        "http://:@hooks.example",
        "http://hooks.example:0",
        "http://hooks.example:99999",
        "http://hooks.example:x",
        "http://hooks example/",
        "http://hooks.example/\r\nX: y",
        "http://hooks.example\\@127.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://[::1",
        "http://[127.0.0.1]/",
        "http://[:::]/",
        "http://hooks.example:",
        "http://./",
        "http://hooks%2eexample/",
        "http://hooks.example:80:80/",
        "http://127.0.0.1\t.hooks.example/",
        "http://钩子.example/",
        "http://hooks.example/" + "x" * 2000,
    ],
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        parse(url)


@given(st.text())
def test_any_text_is_a_target_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"http://h/{text}"):
        try:
            target = parse(url)
        except Invalid:
            continue
        assert target.path.startswith("/")
        assert target.path.isprintable()
        assert " " not in target.path + target.authority
