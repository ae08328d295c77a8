import pytest

from tongshi.api.outreach import device_address
from tongshi.errors import Conflict


@pytest.mark.parametrize(
    ("advertise", "host", "facing", "expected"),
    [
        ("https://video.example/", "127.0.0.1", "192.0.2.1", "https://video.example"),
        ("", "0.0.0.0", "192.0.2.1", "http://192.0.2.1:8080"),
        ("", "::", "2001:db8::1", "http://[2001:db8::1]:8080"),
        ("", "192.0.2.7", "192.0.2.1", "http://192.0.2.7:8080"),
        ("", "127.0.0.1", "127.0.0.1", "http://127.0.0.1:8080"),
        ("", "localhost", "::1", "http://localhost:8080"),
        ("", "node.example", "192.0.2.1", "http://node.example:8080"),
    ],
)
def test_the_address_is_one_that_the_device_reaches(
    advertise: str, host: str, facing: str, expected: str
) -> None:
    assert device_address(advertise, host, 8080, facing) == expected


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_server_that_no_device_reaches_is_told(host: str) -> None:
    with pytest.raises(Conflict, match=r"web\.advertise"):
        device_address("", host, 8080, "192.0.2.1")
