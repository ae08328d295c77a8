"""THE table of the console's pages and fragments: every row with its permission."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from tongshi.access.permission import Permission
from tongshi.console import (
    account,
    alarms,
    approvals,
    audit,
    configuration,
    control,
    device,
    devices,
    findings,
    grants,
    hooks,
    looks,
    outer,
    peers,
    people,
    playback,
    profile,
    purposes,
    reviews,
    staff,
    status,
    subscriptions,
    tokens,
    traces,
    upkeep,
    wall,
)
from tongshi.console.visit import Visit

P = Permission


@dataclass(frozen=True, slots=True)
class Row:
    """One row.  permission: None only where nobody can be signed in yet."""

    method: str
    path: str
    permission: Permission | None
    handler: Callable[[Visit], Awaitable[Response]]


BEGINNINGS: tuple[tuple[Permission, str], ...] = (
    (P.SEE_LIVE, "/live"),
    (P.MANAGE_PEOPLE, "/people"),
    (P.READ_AUDIT, "/register"),
    (P.READ_ACCESS_REGISTER, "/register"),
)
"""Where work begins, by the first right that somebody has."""


async def begin(visit: Visit) -> Response:
    """Go to where work begins."""
    person = visit.asker.person
    return visit.go(next((place for need, place in BEGINNINGS if person.may(need)), "/devices"))


ROWS: tuple[Row, ...] = (
    Row("GET", "/", P.SEE_DEVICES, begin),
    Row("GET", "/sign-in", None, people.show_door),
    Row("POST", "/sign-in", None, people.sign_in),
    Row("POST", "/sign-in/code", None, people.give_code),
    Row("GET", "/sign-in/oidc", None, outer.begin),
    Row("GET", "/sign-in/oidc/callback", None, outer.come_back),
    Row("POST", "/preferences", None, people.prefer),
    Row("POST", "/sign-out", P.OWN_ACCOUNT, people.sign_out),
    Row("GET", "/password", P.OWN_ACCOUNT, account.show_password),
    Row("POST", "/password", P.OWN_ACCOUNT, account.change_password),
    Row("GET", "/proof", P.OWN_ACCOUNT, account.show_proof),
    Row("POST", "/proof", P.OWN_ACCOUNT, account.prove),
    Row("GET", "/account", P.OWN_ACCOUNT, account.show_account),
    Row("POST", "/account/totp", P.OWN_ACCOUNT, account.begin_factor),
    Row("GET", "/account/totp.svg", P.OWN_ACCOUNT, account.show_image),
    Row("POST", "/account/totp/confirm", P.OWN_ACCOUNT, account.confirm_factor),
    Row("POST", "/account/totp/codes", P.OWN_ACCOUNT, account.renew_codes),
    Row("POST", "/account/totp/remove", P.OWN_ACCOUNT, account.remove_factor),
    Row("POST", "/account/sign-ins/end", P.OWN_ACCOUNT, account.end_sign_in),
    Row("GET", "/grants", P.MANAGE_GRANTS, grants.show_grants),
    Row("GET", "/grants/list", P.MANAGE_GRANTS, grants.show_list),
    Row("POST", "/grants", P.MANAGE_GRANTS, grants.add_grant),
    Row("POST", "/grants/test", P.MANAGE_GRANTS, grants.test),
    Row("POST", "/grants/marks", P.MANAGE_GRANTS, grants.mark),
    Row("POST", "/grants/{grant_id}/revoke", P.MANAGE_GRANTS, grants.revoke),
    Row("GET", "/people", P.MANAGE_PEOPLE, staff.show_people),
    Row("POST", "/people", P.MANAGE_PEOPLE, staff.add_person),
    Row("GET", "/people/{person_id}", P.MANAGE_PEOPLE, staff.show_person),
    Row("POST", "/people/{person_id}", P.MANAGE_PEOPLE, staff.change_person),
    Row("POST", "/people/{person_id}/act", P.MANAGE_PEOPLE, staff.act),
    Row("GET", "/live", P.SEE_LIVE, wall.show_live),
    Row("GET", "/live/tree", P.SEE_LIVE, wall.show_tree),
    Row("GET", "/live/tree/level", P.SEE_LIVE, wall.show_level),
    Row("GET", "/live/counts", P.SEE_LIVE, wall.show_counts),
    Row("GET", "/live/control/presets", P.CONTROL_CAMERAS, control.show_presets),
    Row("GET", "/live/control/cruises", P.CONTROL_CAMERAS, control.show_cruises),
    Row("GET", "/live/control/cruise", P.CONTROL_CAMERAS, control.show_cruise),
    Row("GET", "/live/control/position", P.CONTROL_CAMERAS, control.show_position),
    Row("GET", "/live/control/home", P.CONTROL_CAMERAS, control.show_home),
    Row("GET", "/playback", P.SEE_PLAYBACK, playback.show_playback),
    Row("GET", "/downloads", P.DOWNLOAD, playback.show_downloads),
    Row("GET", "/downloads/list", P.DOWNLOAD, playback.show_download_list),
    Row("GET", "/devices", P.SEE_DEVICES, devices.show_devices),
    Row("GET", "/devices/list", P.SEE_DEVICES, devices.show_list),
    Row("GET", "/devices/summary", P.SEE_DEVICES, devices.show_summary),
    Row("GET", "/devices/proofs", P.SEE_DEVICES, devices.tell_proofs),
    Row("GET", "/devices/{device_id:path}/row", P.SEE_DEVICES, devices.show_row),
    Row("GET", "/devices/{device_id:path}/channels", P.SEE_DEVICES, devices.show_channels),
    Row("POST", "/devices/{device_id:path}/catalog", P.REFRESH_DEVICES, devices.ask_catalog),
    Row("GET", "/devices/{device_id:path}/presence", P.SEE_DEVICES, device.show_presence),
    Row(
        "GET",
        "/devices/{device_id:path}/subscriptions",
        P.MANAGE_PEERS,
        subscriptions.show_subscriptions,
    ),
    Row(
        "POST",
        "/devices/{device_id:path}/subscriptions/{subject}",
        P.MANAGE_PEERS,
        subscriptions.want,
    ),
    Row(
        "DELETE",
        "/devices/{device_id:path}/subscriptions/{subject}",
        P.MANAGE_PEERS,
        subscriptions.unwant,
    ),
    Row("GET", "/devices/{device_id:path}/positions", P.SEE_DEVICES, subscriptions.show_positions),
    Row("GET", "/devices/{device_id:path}/status", P.SEE_DEVICES, status.show_status),
    Row("GET", "/devices/{device_id:path}/status/word", P.SEE_DEVICES, status.show_word),
    Row("GET", "/devices/{device_id:path}/status/cards", P.SEE_DEVICES, status.show_cards),
    Row("POST", "/devices/{device_id:path}/status/format", P.CONFIGURE_DEVICES, status.format_card),
    Row(
        "GET",
        "/devices/{device_id:path}/config",
        P.CONFIGURE_DEVICES,
        configuration.show_configuration,
    ),
    Row(
        "GET",
        "/devices/{device_id:path}/config/{block}",
        P.CONFIGURE_DEVICES,
        configuration.show_block,
    ),
    Row(
        "POST",
        "/devices/{device_id:path}/config/{block}",
        P.CONFIGURE_DEVICES,
        configuration.send_block,
    ),
    Row("GET", "/devices/{device_id:path}/upkeep", P.CONFIGURE_DEVICES, upkeep.show_upkeep),
    Row("POST", "/devices/{device_id:path}/upkeep", P.CONFIGURE_DEVICES, upkeep.act),
    Row(
        "GET",
        "/devices/{device_id:path}/upkeep/upgrades",
        P.CONFIGURE_DEVICES,
        upkeep.show_upgrades,
    ),
    Row("GET", "/devices/{device_id:path}/profile", P.MANAGE_PEERS, profile.show_profile),
    Row("POST", "/devices/{device_id:path}/profile", P.MANAGE_PEERS, profile.save_profile),
    Row("GET", "/devices/{device_id:path}/traces", P.MANAGE_PEERS, traces.show_traces),
    Row("POST", "/devices/{device_id:path}/traces", P.MANAGE_PEERS, traces.start),
    Row("GET", "/devices/{device_id:path}/traces/list", P.MANAGE_PEERS, traces.show_list),
    Row(
        "POST",
        "/devices/{device_id:path}/traces/{trace_id}/end",
        P.MANAGE_PEERS,
        traces.end,
    ),
    Row("DELETE", "/devices/{device_id:path}/traces/{trace_id}", P.MANAGE_PEERS, traces.delete),
    Row("GET", "/devices/{device_id:path}", P.SEE_DEVICES, device.show_overview),
    Row("GET", "/traces/{trace_id}", P.MANAGE_PEERS, traces.show_ladder),
    Row("GET", "/peers", P.MANAGE_PEERS, peers.show_peers),
    Row("GET", "/peers/list", P.MANAGE_PEERS, peers.show_list),
    Row("POST", "/peers/newcomers/{device_id:path}", P.MANAGE_PEERS, peers.judge),
    Row("POST", "/peers/locks", P.MANAGE_PEERS, peers.clear),
    Row("POST", "/peers/rules", P.MANAGE_PEERS, peers.add_rule),
    Row("DELETE", "/peers/rules/{number}", P.MANAGE_PEERS, peers.remove_rule),
    Row("GET", "/alarms", P.SEE_ALARMS, alarms.show_alarms),
    Row("GET", "/alarms/list", P.SEE_ALARMS, alarms.show_list),
    Row("GET", "/alarms/badge", P.SEE_ALARMS, alarms.show_badge),
    Row("POST", "/alarms/several", P.HANDLE_ALARMS, alarms.handle_several),
    Row("GET", "/alarms/{alarm_id}/row", P.SEE_ALARMS, alarms.show_row),
    Row("GET", "/alarms/{alarm_id}/details", P.SEE_ALARMS, alarms.show_details),
    Row("POST", "/alarms/{alarm_id}/handle", P.HANDLE_ALARMS, alarms.handle),
    Row("POST", "/alarms/{alarm_id}/reset", P.HANDLE_ALARMS, alarms.reset),
    Row("GET", "/approvals", P.SEE_DEVICES, approvals.show_approvals),
    Row("GET", "/approvals/list", P.SEE_DEVICES, approvals.show_list),
    Row("GET", "/approvals/inbox", P.APPROVE, approvals.show_inbox),
    Row("GET", "/approvals/badge", P.SEE_DEVICES, approvals.show_badge),
    Row("GET", "/approvals/new", P.ASK, approvals.show_form),
    Row("POST", "/approvals/new", P.ASK, approvals.ask),
    Row("GET", "/approvals/way", P.ASK, approvals.show_way),
    Row("POST", "/approvals/glass", P.ASK, approvals.break_glass),
    Row("POST", "/approvals/delegates", P.APPROVE, approvals.appoint),
    Row("DELETE", "/approvals/delegates/{number}", P.APPROVE, approvals.dismiss),
    Row("POST", "/approvals/{number}/decide", P.APPROVE, approvals.decide),
    Row("POST", "/approvals/{number}/withdraw", P.ASK, approvals.withdraw),
    Row("GET", "/reviews", P.SEE_DEVICES, reviews.show_reviews),
    Row("GET", "/reviews/list", P.SEE_DEVICES, reviews.show_list),
    Row("GET", "/reviews/badge", P.SEE_DEVICES, reviews.show_badge),
    Row("POST", "/reviews/{number}/close", P.REVIEW, reviews.close),
    Row("GET", "/purposes", P.MANAGE_PURPOSES, purposes.show_purposes),
    Row("POST", "/purposes", P.MANAGE_PURPOSES, purposes.add),
    Row("POST", "/purposes/{code}", P.MANAGE_PURPOSES, purposes.change),
    Row("GET", "/tokens", P.MANAGE_TOKENS, tokens.show_tokens),
    Row("POST", "/tokens", P.MANAGE_TOKENS, tokens.make_token),
    Row("POST", "/tokens/{token_id}/revoke", P.MANAGE_TOKENS, tokens.revoke_token),
    Row("GET", "/hooks", P.MANAGE_HOOKS, hooks.show_hooks),
    Row("POST", "/hooks", P.MANAGE_HOOKS, hooks.make_hook),
    Row("GET", "/hooks/{hook_id}", P.MANAGE_HOOKS, hooks.show_hook),
    Row("POST", "/hooks/{hook_id}", P.MANAGE_HOOKS, hooks.change_hook),
    Row("POST", "/hooks/{hook_id}/act", P.MANAGE_HOOKS, hooks.act),
    Row("GET", "/register", P.READ_ACCESS_REGISTER, looks.show_register),
    Row("GET", "/register/list", P.READ_ACCESS_REGISTER, looks.show_list),
    Row("GET", "/audit", P.READ_AUDIT, audit.show_audit),
    Row("GET", "/audit/list", P.READ_AUDIT, audit.show_list),
    Row("GET", "/audit/check", P.READ_AUDIT, audit.show_check),
    Row("POST", "/audit/check", P.READ_AUDIT, audit.begin_check),
    Row("GET", "/findings", P.REVIEW, findings.show_findings),
    Row("GET", "/findings/list", P.REVIEW, findings.show_list),
    Row("GET", "/findings/{finding_id}", P.REVIEW, findings.show_finding),
    Row("POST", "/findings/{finding_id}/close", P.REVIEW, findings.close),
)
