import re

import httpx
import pytest
from pyotp import TOTP

from tongshi.access.accounts.terms import Terms
from tongshi.access.permission import Role
from tongshi.api.parts import Parts
from tongshi.audit.entry import Actor
from tongshi.clock import ManualClock
from tongshi.console.account import day

OLD, NEW = "a long sentence of ope", "a sentence that is mine"


def enrol(client: httpx.Client, clock: ManualClock) -> tuple[TOTP, list[str]]:
    page = client.post("/account/totp").text
    found = re.search(r'<span class="mono">([A-Z2-7 ]+)</span>', page)
    assert found is not None
    maker = TOTP(found[1].replace(" ", ""))
    told = client.post("/account/totp/confirm", data={"code": maker.at(int(clock.wall()))})
    assert "Shown this once" in told.text
    clock.wind(30)
    return maker, re.findall(r"<li>([A-Z0-9-]+)</li>", told.text)


def test_codes_are_enrolled_with_a_picture_from_here(
    operator: httpx.Client, clock: ManualClock
) -> None:
    page = operator.post("/account/totp").text
    assert '<img class="qr" src="/account/totp.svg"' in page
    assert " style=" not in page
    picture = operator.get("/account/totp.svg")
    assert picture.headers["Content-Type"] == "image/svg+xml"
    wrong = operator.post("/account/totp/confirm", data={"code": "000000"})
    assert wrong.status_code == 400
    assert "The digits are wrong" in wrong.text
    _, codes = enrol(operator, clock)
    assert len(set(codes)) == 10
    assert "10 recovery codes left" in operator.get("/account").text


def test_the_door_asks_for_the_second_step(
    operator: httpx.Client, stranger: httpx.Client, clock: ManualClock
) -> None:
    maker, codes = enrol(operator, clock)
    form = {"name": "operator", "password": OLD, "next": "/devices"}
    asked = stranger.post("/sign-in", data=form)
    assert "Second step" in asked.text
    assert 'name="next" value="/devices"' in asked.text
    assert stranger.get("/devices").status_code == 303
    wrong = stranger.post("/sign-in/code", data={"code": "000000", "next": "/devices"})
    assert wrong.status_code == 401
    assert "The code is wrong" in wrong.text
    code = {"code": maker.at(int(clock.wall())), "next": "/devices"}
    assert stranger.post("/sign-in/code", data=code).headers["Location"] == "/devices"
    assert stranger.get("/devices").status_code == 200
    stranger.post("/sign-out")
    stranger.post("/sign-in", data=form)
    again = stranger.post("/sign-in/code", data={"code": codes[0], "next": "//evil"})
    assert again.headers["Location"] == "/"


def test_who_needs_codes_is_led_to_them(parts: Parts, stranger: httpx.Client) -> None:
    given = parts.people.add("boss", "Boss", "", Role.SYSTEM)
    person = parts.people.named("boss")
    parts.sign_ins.change_password(person.id, given.password, NEW, "")
    form = {"name": "boss", "password": NEW, "next": "/devices"}
    assert stranger.post("/sign-in", data=form).headers["Location"] == "/account"
    assert stranger.get("/devices").headers["Location"] == "/account"
    assert stranger.get("/peers").headers["Location"] == "/account"
    assert "Your role needs one-time codes" in stranger.get("/account").text


def test_recovery_codes_and_the_end_of_the_factor(
    operator: httpx.Client, clock: ManualClock
) -> None:
    assert operator.post("/account/totp/remove").headers["Location"] == "/account"
    _, codes = enrol(operator, clock)
    again = re.findall(r"<li>([A-Z0-9-]+)</li>", operator.post("/account/totp/codes").text)
    assert not set(again) & set(codes)
    operator.post("/account/totp/remove")
    assert "Not enrolled" in operator.get("/account").text


def test_a_proof_leads_back_to_what_needed_it(
    operator: httpx.Client, security: httpx.Client, clock: ManualClock
) -> None:
    clock.wind(901)
    asked = operator.post("/account/totp", headers={"Referer": "http://console:8080/account"})
    assert asked.headers["Location"] == "/proof?next=%2Faccount"
    assert 'type="password"' in operator.get("/proof?next=/account").text
    wrong = operator.post("/proof", data={"secret": "wrong", "next": "/account"})
    assert (wrong.status_code, "Wrong, or used already" in wrong.text) == (401, True)
    right = operator.post("/proof", data={"secret": OLD, "next": "//evil"})
    assert right.headers["Location"] == "/account"
    assert operator.post("/account/totp").status_code == 200
    evil = {"Referer": "http://evil/account"}
    assert security.post("/people", headers=evil).headers["Location"] == "/proof?next=%2Faccount"
    assert 'autocomplete="one-time-code"' in security.get("/proof").text


def test_own_sign_ins_are_shown_and_ended(operator: httpx.Client, stranger: httpx.Client) -> None:
    stranger.post("/sign-in", data={"name": "operator", "password": OLD})
    page = operator.get("/account").text
    [other] = re.findall(r'name="id" value="([0-9a-f]{64})"', page)
    assert operator.post("/account/sign-ins/end", data={"id": other}).status_code == 303
    assert stranger.get("/account").headers["Location"].startswith("/sign-in")
    assert "value" not in re.findall(r'name="id" (\w+)', operator.get("/account").text)
    mine = operator.get("/api/session/all").json()[0]["id"]
    operator.post("/account/sign-ins/end", data={"id": mine})
    assert operator.get("/account").status_code == 200
    assert operator.post("/account/sign-ins/end", data={"id": "x"}).status_code == 404


def test_another_place_is_told_on_every_page(operator: httpx.Client, parts: Parts) -> None:
    assert "signed in at" not in operator.get("/devices").text
    parts.sign_ins.sign_in("operator", OLD, "192.0.2.77")
    assert "signed in at 1 other address" in operator.get("/devices").text


def test_a_certificate_that_is_missing_is_told_on_every_page(
    operator: httpx.Client, parts: Parts, clock: ManualClock
) -> None:
    assert "certificate is not recorded" in operator.get("/devices").text
    person, wall = parts.people.named("operator"), clock.wall()
    dates = Terms(None, wall - 1, wall + 86400)
    parts.people.change(person.id, "Operator", "", Role.OPERATOR, dates, Actor())
    page = operator.get("/account").text
    assert "certificate is not recorded" not in page
    assert day(wall + 86400) in page
    assert day(None) == ""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_of_the_account_speak_one_language(operator: httpx.Client, language: str) -> None:
    operator.cookies.set("tongshi_language", language)
    texts = [operator.get("/account").text, operator.get("/proof").text]
    texts.append(operator.post("/account/totp").text)
    for text in texts:
        assert f'<html lang="{language}"' in text
        assert ("动态口令" in text or "身份" in text) is (language == "zh")
