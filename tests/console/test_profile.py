import httpx

from tongshi.api.parts import Parts

RECORDER = "34020000001180000001"
PLACE = f"/devices/{RECORDER}/profile"


def test_every_field_tells_its_value_and_why(admin: httpx.Client) -> None:
    text = admin.get(PLACE).text
    assert (
        text.count('<tr class="row')
        == text.count("<select name")
        + text.count('<input type="number"')
        + text.count('<input type="text"')
        - 1
    )  # the preset has a select of its own
    assert "Record queries say Type all" in text
    assert "generic-2016" in text


def test_what_is_set_by_hand_holds_until_it_is_reset(admin: httpx.Client, parts: Parts) -> None:
    text = admin.post(PLACE, data={"preset": "dahua", "subscribe": "false"}).text
    assert "Kept; it counts from the next message" in text
    assert parts.profiles.of(RECORDER).subscribe is False
    assert parts.profiles.of(RECORDER).record_type_all is True
    assert text.count(">by hand<") == 1
    assert ">preset by maker<" in text
    assert '<option value="dahua" selected>' in text
    admin.post(PLACE, data={"subscribe": "false", "reset": "true"})
    assert parts.profiles.of(RECORDER).subscribe is True


def test_what_cannot_be_is_told_and_not_lost(admin: httpx.Client, parts: Parts) -> None:
    text = admin.post(PLACE, data={"part_gap": "9999", "subscribe": "false"}).text
    assert "not a value of part_gap" in text
    assert 'value="9999"' in text
    assert parts.profiles.of(RECORDER).subscribe is True


def test_the_settings_may_hold_against_a_preset(admin: httpx.Client, parts: Parts) -> None:
    text = admin.post(PLACE, data={"preset": "hikvision", "send_date": "settings"}).text
    assert parts.profiles.of(RECORDER).send_date is None
    assert '<option value="settings" selected>' in text
    assert text.count(">by hand<") == 1
    again = admin.post(PLACE, data={"preset": "hikvision"}).text
    assert '<option value="settings" selected>' not in again
    refused = admin.post(PLACE, data={"subscribe": "settings"}).text
    assert "not a value of subscribe" in refused
