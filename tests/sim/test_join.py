from tongshi.gb28181.version import Version
from tongshi.sim.join import Join, account_of, compose, host_port
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import NONE, Quirks

PROFILE = Profile("34020000001320000001", "机", (Channel("c", "n"),), version=Version.V2022)
JOIN = Join("34020000002000000001", "word", expires=900)
OWN = ("192.0.2.7", 5070)


def test_an_account_names_platform_and_contact() -> None:
    account = account_of(PROFILE, JOIN, OWN, NONE)
    assert account.domain == "3402000000"
    assert account.contact == "sip:34020000001320000001@192.0.2.7:5070"
    assert (account.password, account.expires, account.version) == ("word", 900, Version.V2022)


def test_quirks_change_password_and_contact() -> None:
    account = account_of(PROFILE, JOIN, OWN, Quirks.of(["wrong-password", "private-contact"]))
    assert account.password == "word!"
    assert account.contact.endswith("@192.168.1.64:5060")


def test_a_domain_of_ones_own() -> None:
    assert Join("34020000002000000001", domain="example.net").realm == "example.net"


def test_the_password_is_not_shown() -> None:
    assert "word" not in repr(JOIN)


def test_messages_go_from_device_to_platform() -> None:
    request = compose(b"body", PROFILE.device_id, JOIN, iter("abc").__next__)
    assert request.uri == "sip:34020000002000000001@3402000000"
    assert (request.from_user, request.to_user) == (PROFILE.device_id, JOIN.platform_id)
    assert request.body == b"body"


def test_hosts_in_uris() -> None:
    assert host_port(("192.0.2.7", 5060)) == "192.0.2.7:5060"
    assert host_port(("2001:db8::7", 5060)) == "[2001:db8::7]:5060"
