from tongshi.gb28181.manscdp import CatalogAnswer, CatalogQuery, DeviceInfoAnswer
from tongshi.sim.desk import CHANNEL, DEVICE, HOME, Desk
from tongshi.sim.event import Queried
from tongshi.sim.join import PlatformLost, Registered


def test_a_desk_asks_and_keeps_what_comes() -> None:
    desk = Desk()
    assert desk.methods() == []
    assert desk.enter().device.registered
    told = desk.ask(CatalogQuery(5, DEVICE))
    [part] = desk.of(CatalogAnswer, told)
    assert [item.device_id for item in part.items] == [CHANNEL]
    assert desk.of(DeviceInfoAnswer) == []
    assert desk.events(Queried) == [Queried("Catalog")]
    assert desk.events(Registered) == []


def test_a_desk_can_be_silent_and_refuse() -> None:
    desk = Desk()
    desk.statuses = {"REGISTER": None}
    desk.enter()
    assert not desk.device.registered
    desk.statuses = {"MESSAGE": 403}
    desk.device.connect(HOME, desk.world.now)
    desk.run()
    assert desk.events(PlatformLost)


def test_what_cannot_be_read_is_left_out() -> None:
    desk = Desk("body-stripped", "xml-cut").enter()
    assert desk.ask(CatalogQuery(5, DEVICE)) == []
    desk = Desk("attribute-envelope").enter()
    assert len(desk.ask(CatalogQuery(5, DEVICE))) == 1
    assert desk.ask(b"no xml") == []
