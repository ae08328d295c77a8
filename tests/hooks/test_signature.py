import hashlib
import hmac

from tongshi.hooks.signature import PREFIX, make_secret, prove, sign


def test_a_secret_needs_both_key_and_salt() -> None:
    secret = make_secret(b"k" * 32, "salt")
    assert secret.startswith(PREFIX)
    assert len(secret) == len(PREFIX) + 43
    assert secret == make_secret(b"k" * 32, "salt")
    assert secret != make_secret(b"l" * 32, "salt")
    assert secret != make_secret(b"k" * 32, "other")
    assert secret not in prove(secret)
    assert prove(secret) != prove(make_secret(b"l" * 32, "salt"))


def test_the_time_is_under_the_signature() -> None:
    made = sign("whs_x", b'{"a":1}', 1700000000)
    expected = hmac.new(b"whs_x", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    assert made == f"t=1700000000,v1={expected}"
