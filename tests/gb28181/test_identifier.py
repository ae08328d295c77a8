import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongshi.errors import RemoteProtocolError
from tongshi.gb28181.codes import Family, Name
from tongshi.gb28181.identifier import Identifier, Role, domain_of, is_code, is_usable, role_of


@pytest.mark.clause("E.1", "A.2.1.2")
def test_the_parts_of_a_code() -> None:
    code = Identifier.parse("34020000441327000123")
    assert code.centre == "34020000"
    assert code.domain == "3402000044"
    assert code.industry == 44
    assert code.type_code == 132
    assert code.family is Family.PERIPHERAL
    assert code.type_name == Name("网络摄像机", "network camera")
    assert code.network == 7
    assert code.serial == 123
    assert str(code) == "34020000441327000123"


@pytest.mark.clause("E.1")
def test_a_platforms_domain_is_its_first_ten_digits() -> None:
    assert domain_of("34020000002000000001") == "3402000000"


@pytest.mark.parametrize(
    "text",
    ["", "3402", "3402000000132000001", "340200000013200000011", "3402000000132000000x", "３" * 20],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError, match=r"E\.1"):
        Identifier.parse(text)


@given(
    st.integers(0, 99_999_999),
    st.integers(0, 99),
    st.integers(0, 999),
    st.integers(0, 999_999),
    st.integers(0, 9),
)
def test_parse_of_build_is_identity(
    centre: int, industry: int, type_code: int, serial: int, network: int
) -> None:
    code = Identifier.build(
        centre=f"{centre:08}",
        industry=industry,
        type_code=type_code,
        serial=serial,
        network=network,
    )
    assert Identifier.parse(code.text) == code
    assert (code.industry, code.type_code, code.network, code.serial) == (
        industry,
        type_code,
        network,
        serial,
    )


@pytest.mark.parametrize(
    ("centre", "serial"), [("3402", 1), ("34020000", 1_000_000), ("3402000x", 1), ("340200001", 1)]
)
def test_parts_that_do_not_fit_make_no_code(centre: str, serial: int) -> None:
    with pytest.raises(ValueError, match="do not make"):
        Identifier.build(centre=centre, industry=0, type_code=131, serial=serial)


@pytest.mark.parametrize(
    ("device_id", "role"),
    [
        ("34020000001310000001", Role.CAMERA),
        ("34020000001320000001", Role.CAMERA),
        ("34020000001370000001", Role.PERIPHERAL),
        ("34020000001180000001", Role.DEVICE),
        ("34020000002000000001", Role.PLATFORM),
        ("34020000002150000001", Role.GROUP),
        ("34020000002160000001", Role.ORGANISATION),
        ("34020000004000000001", Role.UNKNOWN),
        ("34", Role.REGION),
        ("3402", Role.REGION),
        ("340200", Role.REGION),
        ("34020001", Role.REGION),
        ("340", Role.UNKNOWN),
        ("camera-7", Role.UNKNOWN),
        ("", Role.UNKNOWN),
    ],
)
def test_roles(device_id: str, role: Role) -> None:
    assert role_of(device_id) is role


@pytest.mark.clause("A.2.1.2")
@pytest.mark.parametrize("text", ["34020000001320000001", "3402", "a-1_b.c+d~", "x" * 64])
def test_names_of_the_field_are_usable(text: str) -> None:
    assert is_usable(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x" * 65, "a b", "a\n", "a\r\nVia: x", "a\0", "a@b", "a:1", "a;b", "a,b", "<a>"),
        *("东门", "４２", "a/../b", 'a"', "a%0a", "\ud800"),
    ],
)
def test_what_would_say_more_than_a_name_is_not(text: str) -> None:
    assert not is_usable(text)


@given(st.text(max_size=24))
def test_any_text_is_a_code_or_is_refused(text: str) -> None:
    assert role_of(text) in Role
    if is_code(text):
        assert Identifier.parse(text).text == text
    else:
        with pytest.raises(RemoteProtocolError):
            Identifier.parse(text)
