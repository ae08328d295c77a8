from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.digest import (
    Challenge,
    Credentials,
    Freshness,
    Hashed,
    Nonces,
    Use,
    Uses,
    answer,
    verify,
)
from tongshi.errors import RemoteProtocolError

SECRET = b"0123456789abcdef"
WORD = "12345678"
MUFASA, MUFASA_OF_2617 = "Circle of Life", "Circle Of Life"
CHALLENGE = Challenge("3402000000", "6fe9ba44a76be22a", "MD5", ())
URI = "sip:34020000002000000001@3402000000"


def respond(challenge: Challenge, body: bytes = b"") -> Credentials:
    return answer(
        challenge,
        method="REGISTER",
        uri=URI,
        username="34020000001320000001",
        password=WORD,
        cnonce="0a4f113b",
        body=body,
    )


@pytest.mark.parametrize(
    ("algorithm", "qop", "response"),
    [
        ("", (), "6a2143ae65b119e276a75f0a4a8992b7"),
        ("MD5", (), "6a2143ae65b119e276a75f0a4a8992b7"),
        ("MD5", ("auth",), "fb6d2f768312116118c121c2608cf961"),
        ("SHA-256", (), "f934d2c150a99b608676e3f62c5ac1c5d5bacc027c808532cc831040636231ed"),
        ("sha-256", ("auth",), "ae05ead0765a80e9c832fbcb4e67ee44f419e0dded67f46186dea5e245b401a6"),
    ],
)
def test_vectors_of_a_registration(algorithm: str, qop: tuple[str, ...], response: str) -> None:
    challenge = replace(CHALLENGE, algorithm=algorithm, qop=qop)
    credentials = respond(challenge)
    assert credentials.response == response
    assert credentials.nc == ("00000001" if qop else "")
    assert verify(credentials, method="REGISTER", password=WORD)
    assert verify(replace(credentials, response=response.upper()), method="REGISTER", password=WORD)
    assert not verify(credentials, method="REGISTER", password=WORD + "9")
    assert not verify(credentials, method="INVITE", password=WORD)
    assert not verify(replace(credentials, uri="sip:x@y"), method="REGISTER", password=WORD)
    assert Credentials.parse(str(credentials)) == credentials
    assert Challenge.parse(str(challenge)) == challenge


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_vectors_of_rfc_7616(algorithm: str, response: str) -> None:
    """Source: RFC 7616 3.9.1."""
    credentials = answer(
        Challenge(
            "http-auth@example.org",
            "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            algorithm,
            ("auth", "auth-int"),
            "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
        ),
        method="GET",
        uri="/dir/index.html",
        username="Mufasa",
        password=MUFASA,
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert credentials.response == response
    assert credentials.opaque.startswith("FQhe")
    assert Credentials.parse(str(credentials)) == credentials


def test_vector_of_rfc_2617() -> None:
    """Source: RFC 2617 3.5."""
    credentials = answer(
        Challenge("testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "", ("auth",)),
        method="GET",
        uri="/dir/index.html",
        username="Mufasa",
        password=MUFASA_OF_2617,
        cnonce="0a4f113b",
    )
    assert credentials.response == "6629fae49393a05397450978507c4ef1"


@pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-256-sess"])
def test_session_algorithms_send_their_cnonce(algorithm: str) -> None:
    credentials = respond(replace(CHALLENGE, algorithm=algorithm))
    assert credentials.cnonce == "0a4f113b"
    assert verify(credentials, method="REGISTER", password=WORD)
    assert not verify(replace(credentials, cnonce="x"), method="REGISTER", password=WORD)
    plain = replace(CHALLENGE, algorithm=algorithm.removesuffix("-sess"))
    assert credentials.response != respond(plain).response


def test_auth_int_covers_the_body() -> None:
    credentials = respond(replace(CHALLENGE, qop=("auth-int",)), b"body")
    assert verify(credentials, method="REGISTER", password=WORD, body=b"body")
    assert not verify(credentials, method="REGISTER", password=WORD, body=b"")


@pytest.mark.parametrize(
    "challenge",
    [replace(CHALLENGE, algorithm="SM3"), replace(CHALLENGE, qop=("auth-conf",))],
)
def test_what_cannot_be_answered(challenge: Challenge) -> None:
    with pytest.raises(RemoteProtocolError):
        respond(challenge)


def test_what_proves_nothing() -> None:
    credentials = respond(CHALLENGE)
    for broken in (
        replace(credentials, algorithm="SM3"),
        replace(credentials, qop="auth-conf"),
        replace(credentials, response="中"),
        replace(credentials, response=""),
    ):
        assert not verify(broken, method="REGISTER", password=WORD)


@pytest.mark.parametrize(
    "text",
    [
        'Digest realm="3402000000", nonce="n", algorithm=MD5, qop="auth,auth-int", stale=TRUE',
        'digest  realm=3402000000,nonce=n,algorithm="MD5",qop="auth auth-int",stale=true,',
        'DIGEST nonce="n" ,realm = "3402000000",x="a,b",qop="auth, auth-int",algorithm=MD5,'
        'stale="true"',
    ],
)
def test_spellings_of_a_challenge(text: str) -> None:
    expected = Challenge("3402000000", "n", "MD5", ("auth", "auth-int"), stale=True)
    assert Challenge.parse(text) == expected
    assert Challenge.parse(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Basic abc",
        "Digest",
        'Digest realm="r"',
        'Digest realm="r, nonce=n',
        "Digest realm",
        'Digest realm="r" nonce="n"',
        'Digest =x, realm="r", nonce="n"',
        "NoOneKnowsThisScheme opaque-data=here",
    ],
)
def test_what_is_no_challenge(text: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        Challenge.parse(text)
    assert caught.value.status == 400


def test_credentials_lack_nothing() -> None:
    whole = str(respond(CHALLENGE))
    for name in ("username", "realm", "nonce", "uri", "response"):
        with pytest.raises(RemoteProtocolError, match=f"{name} is missing"):
            Credentials.parse(whole.replace(f"{name}=", "other="))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=8)


@given(st.builds(Challenge, TEXT, TEXT, st.sampled_from(["", "MD5"]), st.just(("auth",)), TEXT))
def test_a_challenge_is_read_as_it_was_written(challenge: Challenge) -> None:
    assert Challenge.parse(str(challenge)) == challenge


@given(st.text() | st.text(alphabet='Digest realm="nonce=\\, ').map(lambda text: f"Digest {text}"))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (Challenge.parse, Credentials.parse):
        status = 400
        try:
            parse(text)
        except RemoteProtocolError as error:
            status = error.status
        assert status == 400


def test_nonces_age() -> None:
    nonces = Nonces(SECRET, lifetime=60.0)
    nonce = nonces.issue(1000.0, "198.51.100.7")
    assert nonces.judge(nonce, 1000.0, "198.51.100.7") is Freshness.FRESH
    assert nonces.judge(nonce, 1060.0, "198.51.100.7") is Freshness.FRESH
    assert nonces.judge(nonce, 1060.2, "198.51.100.7") is Freshness.STALE
    again = nonces.issue(1000.0, "198.51.100.7")
    assert again != nonce  # each proof is told from every other
    assert nonces.judge(again, 1000.0, "198.51.100.7") is Freshness.FRESH


def test_nonces_of_others() -> None:
    nonces = Nonces(SECRET)
    nonce = nonces.issue(1000.0, "198.51.100.7")
    assert nonces.judge(nonce, 1000.0, "198.51.100.8") is Freshness.FOREIGN
    assert Nonces(b"another secret of 24 bytes").judge(nonce, 1000.0) is Freshness.FOREIGN
    for foreign in ("", "6fe9ba44a76be22a", "中" * 24, nonce[:-1], nonce + "0", "g" + nonce[1:]):
        assert nonces.judge(foreign, 1000.0, "198.51.100.7") is Freshness.FOREIGN


def test_a_nonce_from_the_future_is_not_fresh() -> None:
    nonces = Nonces(SECRET)
    assert nonces.judge(nonces.issue(2000.0), 1000.0) is Freshness.STALE


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="fewer than 16"):
        Nonces(b"short")


@given(st.text(max_size=30))
def test_no_text_passes_for_a_nonce(text: str) -> None:
    assert Nonces(SECRET).judge(text, 5.0) is Freshness.FOREIGN


@pytest.mark.parametrize("algorithm", ["", "MD5", "md5-sess", "SHA-256", "SHA-256-sess"])
def test_a_hashed_password_proves_as_the_password_does(algorithm: str) -> None:
    credentials = respond(replace(CHALLENGE, algorithm=algorithm))
    kept = Hashed.of("34020000001320000001", "3402000000", WORD)
    other = Hashed.of("34020000001320000001", "3402000000", "another")
    assert verify(credentials, method="REGISTER", password=kept)
    assert not verify(credentials, method="REGISTER", password=other)
    assert kept.md5 == "8258341d7dd730ce4d3b8fd2db050320"  # the facts' HA1
    assert WORD not in repr(kept)
    assert kept.md5 not in repr(kept)


@pytest.mark.parametrize("change", [{"realm": "other"}, {"username": "34020000001320000002"}])
def test_a_hash_proves_nothing_of_another_user_or_realm(change: dict[str, str]) -> None:
    credentials = replace(respond(CHALLENGE), **change)
    kept = Hashed.of("34020000001320000001", "3402000000", WORD)
    assert not kept.fits(credentials)
    assert not verify(credentials, method="REGISTER", password=kept)
    empty = replace(credentials, response="")
    assert not verify(empty, method="REGISTER", password=kept)


def test_a_proof_serves_one_request() -> None:
    uses = Uses(lifetime=60)
    assert uses.judge("n", "00000001", 7, 0) is Use.FIRST
    assert uses.judge("n", "00000001", 7, 1) is Use.REPEAT
    assert uses.judge("n", "00000001", 8, 2) is Use.REPLAY
    assert uses.judge("n", "00000002", 8, 3) is Use.FIRST
    assert uses.judge("n", "00000001", 7, 4) is Use.REPLAY  # overtaken
    assert uses.judge("other", "00000001", 7, 5) is Use.FIRST
    assert uses.replays == 2


@pytest.mark.parametrize("nc", ["", "zz", "000000001", "-1"])
def test_a_proof_without_a_count_serves_one_request(nc: str) -> None:
    uses = Uses()
    assert uses.judge("n", nc, 7, 0) is Use.FIRST
    assert uses.judge("n", nc, 7, 0) is Use.REPEAT
    assert uses.judge("n", nc, 8, 0) is Use.REPLAY


def test_proofs_are_remembered_for_as_long_as_their_nonces_live() -> None:
    uses = Uses(lifetime=60)
    uses.judge("n", "00000001", 7, 0)
    uses.judge("m", "00000001", 7, 61)  # the generations turn
    assert uses.judge("n", "00000001", 8, 62) is Use.REPLAY
    uses.judge("o", "00000001", 7, 200)
    assert uses.judge("m", "00000001", 8, 201) is Use.REPLAY  # still the generation before
    assert uses.judge("n", "00000001", 8, 202) is Use.FIRST


def test_no_more_proofs_are_remembered_than_the_limit() -> None:
    uses = Uses(limit=2)
    for name in "abcde":
        assert uses.judge(name, "00000001", 7, 0) is Use.FIRST
    assert uses.judge("a", "00000001", 8, 0) is Use.FIRST
    assert uses.judge("e", "00000001", 8, 0) is Use.REPLAY
