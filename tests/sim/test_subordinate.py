import pytest

from tongshi.errors import Invalid
from tongshi.gb28181.manscdp import CatalogAnswer, CatalogQuery
from tongshi.sim.desk import PLATFORM, Desk
from tongshi.sim.join import Join
from tongshi.sim.subordinate import platform_profile

OWN = "34020100002000000001"


@pytest.mark.clause("J")
def test_a_platform_lists_its_tree() -> None:
    names = [f"通道 {number}" for number in range(10)]
    profile = platform_profile(OWN, "下级", names, h265=2)
    desk = Desk(profile=profile, join=Join(PLATFORM, items=50)).enter()
    parts = desk.of(CatalogAnswer, desk.ask(CatalogQuery(1, OWN), user=OWN))
    items = [item for part in parts for item in part.items]
    assert len(items) == 14
    division, group, first, second, *channels = items
    assert (division.device_id, group.device_id[10:13]) == ("340201", "215")
    assert {first.parent_id, second.parent_id} == {group.device_id}
    assert first.business_group_id == group.device_id
    assert [item.parent_id for item in channels] == [first.device_id] * 8 + [second.device_id] * 2
    assert profile.owns(group.device_id)


def test_only_platforms_have_the_code() -> None:
    with pytest.raises(Invalid):
        platform_profile("34020100001180000001", "录像机", ["一"])
