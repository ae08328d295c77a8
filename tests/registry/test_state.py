import pytest

from tongshi.gb28181 import catalog
from tongshi.registry.state import State, channel_state

ON, OFF, SILENT = catalog.State.ON, catalog.State.OFF, catalog.State.UNKNOWN


@pytest.mark.parametrize("said", list(catalog.State))
@pytest.mark.parametrize("device", [State.OFFLINE, State.UNKNOWN])
def test_a_channel_is_never_better_than_its_device(device: State, said: catalog.State) -> None:
    assert channel_state(device, said) is device


@pytest.mark.parametrize(
    ("said", "expected"),
    [(ON, State.ONLINE), (OFF, State.OFFLINE), (SILENT, State.UNKNOWN)],
)
def test_below_a_device_that_is_online_the_catalog_speaks(
    said: catalog.State, expected: State
) -> None:
    assert channel_state(State.ONLINE, said) is expected
