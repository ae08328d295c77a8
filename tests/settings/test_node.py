from ipaddress import ip_address

from tongshi.settings import StoreSettings, WebSettings, split_address


def test_pages_are_for_this_machine_alone_until_told_otherwise() -> None:
    host, _ = split_address(WebSettings().listen)
    assert ip_address(host).is_loopback


def test_a_sign_in_that_is_used_outlives_one_that_is_not() -> None:
    web = WebSettings()
    assert web.idle_minutes < web.session_hours * 60


def test_the_store_needs_no_server() -> None:
    assert StoreSettings().url == ""
