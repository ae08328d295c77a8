import httpx
import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from tongshi.testing.provider import CLIENT, Provider, bring, new_key

pytestmark = pytest.mark.network


def test_it_signs_with_the_key_that_it_tells() -> None:
    with Provider(1000.0) as provider:
        keys = KeySet.import_key_set(httpx.get(f"{provider.issuer}/keys", trust_env=False).json())
        told = jwt.decode(provider.sign("nonce"), keys, ["ES256"]).claims
        assert (told["aud"], told["nonce"], told["sub"]) == (CLIENT, "nonce", "li")
        provider.faults.key = new_key()
        with pytest.raises(BadSignatureError):
            jwt.decode(provider.sign("nonce"), keys, ["ES256"])


def test_a_code_that_it_never_gave_is_nothing() -> None:
    with Provider(1000.0) as provider:
        answer = httpx.post(f"{provider.issuer}/token", data={"code": "x"}, trust_env=False)
        assert answer.status_code == 400
        assert httpx.get(f"{provider.issuer}/other", trust_env=False).status_code == 404
    assert bring({"state": "a b"}) == "state=a+b"
