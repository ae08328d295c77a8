import pytest

from tongshi.errors import Invalid
from tongshi.settings import HookSettings, TokenSettings, load


def test_no_inner_address_is_called_until_told_otherwise() -> None:
    assert HookSettings().networks == ""
    assert load(None, {"TONGSHI_HOOKS_NETWORKS": "10.1.0.0/16 fd00::/8"}).hooks.networks


def test_what_is_no_network_is_told_at_the_start() -> None:
    with pytest.raises(Invalid) as caught:
        load(None, {"TONGSHI_HOOKS_NETWORKS": "10.1.0.0/16 inside"})
    assert caught.value.faults == ("hooks.networks names no network: 'inside'",)


def test_a_token_ends() -> None:
    assert TokenSettings().longest == 365
    with pytest.raises(Invalid):
        load(None, {"TONGSHI_TOKENS_LONGEST": "4000"})
