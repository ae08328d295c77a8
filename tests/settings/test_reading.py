from pathlib import Path

import pytest

from tongshi.errors import Invalid
from tongshi.settings import PARTS, Settings, load, split_address


def write(folder: Path, text: str) -> Path:
    path = folder / "tongshi.toml"
    path.write_text(text, "utf-8")
    return path


def test_defaults_need_no_file() -> None:
    assert load(None, {}) == Settings()


def test_a_file_then_the_environment(tmp_path: Path) -> None:
    path = write(
        tmp_path, '[signalling]\nkeepalive = 30\nqop = false\n[web]\nlisten = "[::1]:80"\n'
    )
    environ = {
        "TONGSHI_SIGNALLING_KEEPALIVE": "15.5",
        "TONGSHI_MEDIA_PORTS_FROM": "40000",
        "TONGSHI_MEDIA_PORTS_TO": "40099",
        "TONGSHI_SIMULATE_PASSWORD": "of simulated devices",
        "HOME": "/",
    }
    settings = load(path, environ)
    assert settings.signalling.keepalive == 15.5
    assert settings.signalling.qop is False
    assert settings.media.ports_from == 40000
    assert settings.web.listen == "[::1]:80"


def test_a_boolean_from_the_environment() -> None:
    assert load(None, {"TONGSHI_WEB_SECURE": "True"}).web.secure is True
    with pytest.raises(Invalid, match=r"web\.secure is not true or false"):
        load(None, {"TONGSHI_WEB_SECURE": "maybe"})


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "unknown = 1\nmedia = 3\n"
        "[signalling]\nkeepalive = 0\nkeepalive_misses = 1.5\nno_such = 1\n"
        'expires_min = "soon"\nexpires_max = true\nid = 7\nalgorithm = "MD4"\n'
        "[store]\nflush = 61\n",
    )
    with pytest.raises(Invalid) as caught:
        load(path, {"TONGSHI_WEB_NOPE": "1", "TONGSHI_NOPE": "1"})
    told = "\n".join(caught.value.faults)
    for words in (
        "unknown part [unknown]",
        "[media] is not a table",
        "signalling.keepalive is below",
        "signalling.keepalive_misses is not a whole number",
        "unknown setting signalling.no_such",
        "signalling.expires_min is not a whole number",
        "signalling.expires_max is not a whole number",
        "signalling.id is not text",
        "signalling.algorithm is not one of MD5, SHA-256",
        "store.flush is above 60",
        "unknown variable TONGSHI_WEB_NOPE",
        "unknown variable TONGSHI_NOPE",
    ):
        assert words in told


def test_not_a_number_is_no_number() -> None:
    with pytest.raises(Invalid, match=r"store\.flush is not a number"):
        load(None, {"TONGSHI_STORE_FLUSH": "nan"})


def test_an_environment_over_a_broken_part(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"is not a table"):
        load(write(tmp_path, "web = 1\n"), {"TONGSHI_WEB_LISTEN": "127.0.0.1:1"})


@pytest.mark.parametrize("content", [b"[node\n", b"\xff\xfe"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=r"broken\.toml"):
        load(path, {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"none\.toml: No such file"):
        load(tmp_path / "none.toml", {})


def test_addresses() -> None:
    assert split_address("0.0.0.0:5060") == ("0.0.0.0", 5060)
    assert split_address("[2001:db8::1]:0") == ("2001:db8::1", 0)
    for text in ("5060", "host:", "host:x", "host:70000", "host:٣"):
        with pytest.raises(Invalid):
            split_address(text)


def test_settings_that_do_not_fit_together() -> None:
    environ = {
        "TONGSHI_SIGNALLING_LISTEN": "nowhere",
        "TONGSHI_SIGNALLING_ID": "3402000000200000001",
        "TONGSHI_SIGNALLING_EXPIRES_MIN": "7200",
        "TONGSHI_SIGNALLING_EXPIRES_MAX": "3600",
        "TONGSHI_MEDIA_VIEWER_LISTEN": "127.0.0.1:70000",
        "TONGSHI_MEDIA_PORTS_FROM": "50000",
        "TONGSHI_WEB_LISTEN": "",
    }
    with pytest.raises(Invalid) as caught:
        load(None, environ)
    assert caught.value.faults == (
        "signalling.listen is not an address of the form host:port: 'nowhere'",
        "media.viewer_listen is not an address of the form host:port: '127.0.0.1:70000'",
        "web.listen is not an address of the form host:port: ''",
        "signalling.id is not 20 digits: '3402000000200000001'",
        "signalling.expires_min is above signalling.expires_max",
        "media.ports_from is above media.ports_to",
    )


@pytest.mark.parametrize("part", sorted(PARTS))
def test_every_part_can_be_set(part: str, tmp_path: Path) -> None:
    assert load(write(tmp_path, f"[{part}]\n"), {}) == Settings()
