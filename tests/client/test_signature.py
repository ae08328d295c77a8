import pytest

from tongshi.client.failure import Failure
from tongshi.client.signature import HEADER, TOLERANCE, verify
from tongshi.hooks import signature

SECRET, BODY, AT = "whs_x", b'{"a":1}', 1_700_000_000
GOOD = signature.sign(SECRET, BODY, AT)


def test_what_a_node_signs_is_genuine() -> None:
    assert signature.HEADER == HEADER
    verify(SECRET, GOOD, BODY, AT + 1.0)
    verify(SECRET, f"{GOOD},v1=other,v2=x", BODY, AT + TOLERANCE)


@pytest.mark.parametrize(
    ("secret", "header", "body", "now"),
    [
        ("whs_y", GOOD, BODY, AT),
        (SECRET, GOOD, BODY + b" ", AT),
        (SECRET, GOOD.replace("t=17", "t=18"), BODY, AT),
        (SECRET, GOOD, BODY, AT + TOLERANCE + 1),
        (SECRET, GOOD, BODY, AT - TOLERANCE - 1),
        (SECRET, "", BODY, AT),
        (SECRET, f"t={AT}", BODY, AT),
        (SECRET, GOOD.partition(",")[2], BODY, AT),
        (SECRET, f"t={AT},v1=", BODY, AT),
        (SECRET, f"t={AT},v1=é", BODY, AT),
        (SECRET, f"t=١٧٠,{GOOD.partition(',')[2]}", BODY, AT),
        (SECRET, "t=" + "9" * 400 + ",v1=x", BODY, AT),
    ],
)
def test_what_is_forged_changed_or_replayed_is_not(
    secret: str, header: str, body: bytes, now: float
) -> None:
    with pytest.raises(Failure) as caught:
        verify(secret, header, body, now)
    assert caught.value.code == "denied"
