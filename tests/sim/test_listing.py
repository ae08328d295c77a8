import pytest

from tongshi.gb28181 import manscdp
from tongshi.gb28181.manscdp.query import CatalogQuery, DeviceInfoQuery, DeviceStatusQuery
from tongshi.gb28181.manscdp.response import CatalogAnswer, DeviceInfoAnswer, DeviceStatusAnswer
from tongshi.gb28181.version import Version
from tongshi.media.unit import Codec
from tongshi.sim import listing
from tongshi.sim.body import Body
from tongshi.sim.film import Shot
from tongshi.sim.profile import Channel, Profile
from tongshi.sim.quirks import NONE, Quirks

DEVICE = "34020000001180000001"


def profile(count: int = 5, version: Version = Version.V2016) -> Profile:
    channels = tuple(
        Channel(
            f"340200000013100000{number:02}",
            f"镕通道{number}",
            Shot(codec=Codec.H265),
            longitude=118.3,
        )
        for number in range(count)
    )
    return Profile(DEVICE, "录像机", channels, version=version)


def made(count: int = 5, version: Version = Version.V2016) -> Body:
    return Body.of(profile(count, version))


def answers(*quirks: str, count: int = 5, version: Version = Version.V2016) -> list[CatalogAnswer]:
    """Return the parts as a platform reads them from the bytes."""
    chosen = Quirks.of(quirks)
    parts = listing.parts_of(
        made(count, version), CatalogQuery(7, DEVICE), chosen, version, room=5000, most=2
    )
    read = [manscdp.read(listing.write(part, chosen, version)) for part in parts]
    assert all(isinstance(part, CatalogAnswer) for part in read)
    return [part for part in read if isinstance(part, CatalogAnswer)]


@pytest.mark.clause("A.2.6.4", "M")
def test_parts_carry_the_query_and_the_total() -> None:
    parts = answers()
    assert [(part.sn, part.device_id, part.sum_num, part.num) for part in parts] == [
        (7, DEVICE, 5, 2),
        (7, DEVICE, 5, 2),
        (7, DEVICE, 5, 1),
    ]
    item = parts[0].items[1]
    assert item.name == "镕通道1"
    assert item.division == "340200"
    assert item.parent_id == DEVICE
    assert item.status == "ON"
    assert item.details is not None
    assert item.details.resolution == "640x360"


@pytest.mark.clause("A.2.1.9")
def test_the_2022_edition_says_more() -> None:
    item = answers(version=Version.V2022)[0].items[0]
    assert item.owner == ""
    assert item.details is not None
    assert item.details.encode_type == "5"
    assert item.details.stream_number_list == "0/1"


@pytest.mark.parametrize(
    ("quirk", "totals"),
    [
        ("sumnum-big", [8, 8, 8]),
        ("sumnum-small", [4, 4, 4]),
        ("sumnum-changing", [3, 4, 5]),
        ("duplicate-parts", [5, 5, 5, 5, 5, 5]),
        ("catalog-cut", [5]),
        ("num-wrong", [5, 5, 5]),
    ],
)
def test_totals(quirk: str, totals: list[int]) -> None:
    assert [part.sum_num for part in answers(quirk)] == totals


def test_num_is_wrong() -> None:
    assert [part.num for part in answers("num-wrong")] == [27, 27, 17]


def test_a_cut_catalog_of_one_is_empty() -> None:
    [part] = answers("catalog-cut", count=1)
    assert part.sum_num == 1
    assert part.items == ()


def test_status_and_parents_take_the_forms_of_the_field() -> None:
    items = [item for part in answers("status-forms") for item in part.items]
    assert [item.status for item in items] == ["ONLINE", "On", "OK", "", "ONLINE"]
    item = answers("parental-65535")[0].items[0]
    assert (item.parental, item.civil_code, item.parent_id) == (65535, "CivilCode", "3402000000")


def test_the_device_lists_itself() -> None:
    assert answers("self-in-catalog")[0].items[0].device_id == DEVICE


def body(*quirks: str) -> bytes:
    chosen = Quirks.of(quirks)
    [part] = listing.parts_of(
        made(1), CatalogQuery(7, DEVICE), chosen, Version.V2022, room=5000, most=9
    )
    return listing.write(part, chosen, Version.V2022)


def test_bytes_are_as_the_quirk_says() -> None:
    assert b"GB18030" in body()
    assert "镕".encode("gb18030") in body()
    assert b"GB2312" in body("gb2312-utf8")
    assert "镕".encode() in body("gb2312-utf8")
    assert b"A&B" in body("unescaped-ampersand")
    assert b"<Address>R&D</Address>" in body("unescaped-ampersand")
    assert b"\xc9</Name>" in body("broken-hanzi")
    assert b"\x07" in body("control-characters")
    assert body("control-characters").endswith(b"\0")
    assert b"<Secrecy> 0 </Secrecy>" in body("padded-values")
    assert b"<SN>7</SN>" in body("padded-values")
    assert b"null" in body("padded-values")


@pytest.mark.clause("A.2.6.5", "A.2.6.6")
def test_a_device_tells_who_it_is_and_how() -> None:
    told = manscdp.read(
        listing.write(listing.info_of(made(), DeviceInfoQuery(9, DEVICE)), NONE, Version.V2016)
    )
    assert isinstance(told, DeviceInfoAnswer)
    assert (told.name, told.channels, told.sn) == ("录像机", 5, 9)
    state = manscdp.read(
        listing.write(
            listing.status_of(made(), DeviceStatusQuery(10, DEVICE), 1_714_950_489.0),
            NONE,
            Version.V2016,
        )
    )
    assert isinstance(state, DeviceStatusAnswer)
    assert state.online is True
    assert state.device_time == "2024-05-06T07:08:09"


def test_parents_divisions_and_places_of_the_field() -> None:
    parents = [item.parent_id for part in answers("parent-forms") for item in part.items]
    assert parents[1:3] == [f"{DEVICE}/{DEVICE[:10]}", ""]
    codes = [item.civil_code for part in answers("civil-forms") for item in part.items]
    assert codes[:3] == [DEVICE[:10], DEVICE, ""]
    odd = [item for part in answers("odd-places") for item in part.items]
    assert [item.longitude for item in odd[:2]] == [None, 0.0]
    assert odd[0].address == "Address"
    assert b"<3</Name>" in body("unescaped-less")
