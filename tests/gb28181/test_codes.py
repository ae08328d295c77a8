import pytest

from tongshi.gb28181.codes import (
    FAMILIES,
    INDUSTRIES,
    NETWORKS,
    TYPES,
    Family,
    Name,
    family_of,
    type_name,
)


def test_every_type_code_has_one_family_and_a_name_in_both_languages() -> None:
    assert [code for codes, _, _ in FAMILIES for code in codes] == list(range(1000))
    for code in range(1000):
        assert type_name(code).zh
        assert type_name(code).en


@pytest.mark.clause("E.1")
@pytest.mark.parametrize(
    ("code", "family", "english"),
    [
        (118, Family.MAIN_DEVICE, "network video recorder"),
        (122, Family.MAIN_DEVICE, "multi-lens device"),
        (129, Family.MAIN_DEVICE, "front-end main device"),
        (131, Family.PERIPHERAL, "camera"),
        (137, Family.PERIPHERAL, "voice output"),
        (200, Family.PLATFORM, "central signalling control server"),
        (202, Family.PLATFORM, "media distribution server"),
        (216, Family.PLATFORM, "virtual organisation"),
        (301, Family.CENTRAL_USER, "central user"),
        (400, Family.TERMINAL_USER, "terminal user"),
        (501, Family.EXTERNAL_SERVER, "operation and maintenance platform"),
        (700, Family.EXTENSION, "extension"),
        (7, Family.UNASSIGNED, "unassigned"),
    ],
)
def test_types(code: int, family: Family, english: str) -> None:
    assert family_of(code) is family
    assert type_name(code).en == english


def test_no_two_named_types_share_a_name_within_the_devices() -> None:
    names = [name.zh for code, name in TYPES.items() if code < 300]
    assert len(names) == len(set(names))


@pytest.mark.clause("E.1")
def test_industries_cover_all_two_digit_codes() -> None:
    assert sorted(INDUSTRIES) == list(range(100))
    assert INDUSTRIES[11] == Name("教育部门接入", "education authorities")
    assert INDUSTRIES[15] == INDUSTRIES[39] == Name("预留1", "reserved 1")
    assert INDUSTRIES[40].en == "agriculture"
    assert INDUSTRIES[59].en == "international organisations"
    assert INDUSTRIES[89] == Name("预留2", "reserved 2")
    assert INDUSTRIES[90] == Name("自定义", "custom")


@pytest.mark.clause("E.1")
def test_networks_cover_all_digits() -> None:
    assert sorted(NETWORKS) == list(range(10))
    assert NETWORKS[0] == NETWORKS[1]
    assert NETWORKS[7].en == "Internet and other public networks"
