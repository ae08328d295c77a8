from tongshi.gb28181.profile import STANDARD
from tongshi.signalling.profiles import Profiles


def test_a_stranger_has_no_deviation() -> None:
    assert Profiles().of("34020000001320000001") is STANDARD
