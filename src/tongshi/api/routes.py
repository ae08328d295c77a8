"""THE table of the interface: every route with its permission.  A test walks it."""

from collections.abc import Callable
from dataclasses import dataclass

from tongshi.access.permission import Permission
from tongshi.access.register import Entry
from tongshi.api import (
    admission,
    alarms,
    channels,
    configuration,
    controls,
    devices,
    downloads,
    events,
    findings,
    live,
    peers,
    playback,
    positions,
    records,
    register,
    session,
    snapshots,
    subscriptions,
    system,
    talks,
    traces,
    tree,
    upgrades,
    uploads,
)
from tongshi.db.page import Page
from tongshi.registry.entry import Channel, Device, Node
from tongshi.registry.position import Report
from tongshi.signalling.tie import Subscribed
from tongshi.sip.trace import Ladder


@dataclass(frozen=True, slots=True)
class Route:
    """One row.

    permission: what the asker must have; None only where nobody can be signed in yet.
    answer: the schema of its success; None for no body.  status: of its success.
    media: type of the success when it is not JSON.
    """

    method: str
    path: str
    permission: Permission | None
    handler: Callable[..., object]
    answer: object = None
    status: int = 200
    media: str = "application/json"


P = Permission
ROUTES: tuple[Route, ...] = (
    Route("GET", "/health", None, system.read_health, system.Health),
    Route("POST", "/session", None, session.sign_in, session.Myself),
    Route("GET", "/session", P.OWN_ACCOUNT, session.who_am_i, session.Myself),
    Route("DELETE", "/session", P.OWN_ACCOUNT, session.sign_out, status=204),
    Route("POST", "/session/password", P.OWN_ACCOUNT, session.change_password, status=204),
    Route("GET", "/openapi.json", P.OWN_ACCOUNT, system.describe_interface),
    Route("GET", "/events", P.SEE_DEVICES, events.listen, media="text/event-stream"),
    Route("GET", "/counts", P.SEE_DEVICES, tree.count, tree.Totals),
    Route("GET", "/tree", P.SEE_DEVICES, tree.read_level, Page[Node]),
    Route("GET", "/devices", P.SEE_DEVICES, devices.list_devices, Page[Device]),
    Route(
        "GET",
        "/devices/{device_id:path}/channels",
        P.SEE_DEVICES,
        devices.list_device_channels,
        Page[Channel],
    ),
    Route(
        "GET", "/config/forms", P.SEE_DEVICES, configuration.list_forms, list[configuration.Form]
    ),
    Route(
        "POST",
        "/devices/{device_id:path}/channels/{channel_id:path}/control",
        P.CONTROL_CAMERAS,
        controls.order,
        controls.Did,
    ),
    Route(
        "POST",
        "/devices/{device_id:path}/channels/{channel_id:path}/upkeep",
        P.CONFIGURE_DEVICES,
        controls.keep_up,
        controls.Did,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}/status",
        P.SEE_DEVICES,
        controls.read_status,
        controls.Plain,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}/presets",
        P.CONTROL_CAMERAS,
        controls.list_presets,
        controls.Told,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}/home",
        P.CONTROL_CAMERAS,
        controls.read_home,
        controls.Plain,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}/cruises",
        P.CONTROL_CAMERAS,
        controls.list_cruises,
        controls.Told,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}/cruises/{number}",
        P.CONTROL_CAMERAS,
        controls.read_cruise,
        controls.Told,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}/ptz",
        P.CONTROL_CAMERAS,
        controls.read_position,
        controls.Plain,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}/cards",
        P.SEE_DEVICES,
        controls.list_cards,
        controls.Told,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}/config",
        P.CONFIGURE_DEVICES,
        configuration.read_settings,
        configuration.Settings,
    ),
    Route(
        "PUT",
        "/devices/{device_id:path}/channels/{channel_id:path}/config/{block}",
        P.CONFIGURE_DEVICES,
        configuration.write_settings,
        configuration.Changed,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}/records",
        P.SEE_PLAYBACK,
        records.find_records,
        records.Found,
    ),
    Route(
        "POST",
        "/devices/{device_id:path}/description",
        P.REFRESH_DEVICES,
        controls.ask_description,
        controls.Plain,
    ),
    Route(
        "POST",
        "/devices/{device_id:path}/upgrade",
        P.CONFIGURE_DEVICES,
        upgrades.begin_upgrade,
        upgrades.UpgradeRow,
        status=202,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/upgrades",
        P.CONFIGURE_DEVICES,
        upgrades.list_device_upgrades,
        Page[upgrades.UpgradeRow],
    ),
    Route(
        "GET", "/upgrades", P.CONFIGURE_DEVICES, upgrades.list_upgrades, Page[upgrades.UpgradeRow]
    ),
    Route("POST", "/firmware", P.CONFIGURE_DEVICES, upgrades.add_firmware, upgrades.FirmwareRow),
    Route(
        "GET", "/firmware", P.CONFIGURE_DEVICES, upgrades.list_firmware, list[upgrades.FirmwareRow]
    ),
    Route(
        "DELETE",
        "/firmware/{firmware_id}",
        P.CONFIGURE_DEVICES,
        upgrades.remove_firmware,
        status=204,
    ),
    Route(
        "GET",
        "/firmware/file/{key}",
        None,
        upgrades.fetch_firmware,
        media="application/octet-stream",
    ),
    Route("PUT", "/uploads/{key}", None, uploads.take_picture),
    Route("POST", "/uploads/{key}", None, uploads.take_picture),
    Route("PUT", "/uploads/{key}/{name:path}", None, uploads.take_named_picture),
    Route("POST", "/uploads/{key}/{name:path}", None, uploads.take_named_picture),
    Route("GET", "/pictures", P.SEE_LIVE, snapshots.list_pictures, Page[snapshots.Kept]),
    Route(
        "GET",
        "/pictures/{picture_id}/file",
        P.SEE_LIVE,
        snapshots.read_picture,
        media="image/jpeg",
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/channels/{channel_id:path}",
        P.SEE_DEVICES,
        channels.read_channel,
        Channel,
    ),
    Route(
        "POST",
        "/devices/{device_id:path}/catalog",
        P.REFRESH_DEVICES,
        devices.ask_catalog,
        status=202,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/positions",
        P.SEE_DEVICES,
        positions.list_device_positions,
        Page[Report],
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/subscriptions",
        P.MANAGE_PEERS,
        subscriptions.list_subscriptions,
        list[Subscribed],
    ),
    Route(
        "PUT",
        "/devices/{device_id:path}/subscriptions/{subject}",
        P.MANAGE_PEERS,
        subscriptions.want_subscription,
        Subscribed,
    ),
    Route(
        "DELETE",
        "/devices/{device_id:path}/subscriptions/{subject}",
        P.MANAGE_PEERS,
        subscriptions.unwant_subscription,
        status=204,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/profile",
        P.SEE_DEVICES,
        peers.read_profile,
        peers.ProfileShown,
    ),
    Route(
        "PUT",
        "/devices/{device_id:path}/profile",
        P.MANAGE_PEERS,
        peers.set_profile,
        peers.ProfileShown,
    ),
    Route(
        "PUT",
        "/devices/{device_id:path}/password",
        P.MANAGE_PEERS,
        peers.set_password,
        status=204,
    ),
    Route(
        "DELETE",
        "/devices/{device_id:path}/password",
        P.MANAGE_PEERS,
        peers.remove_password,
        status=204,
    ),
    Route(
        "POST",
        "/devices/{device_id:path}/lockout/clear",
        P.MANAGE_PEERS,
        admission.clear_lock,
        admission.Cleared,
    ),
    Route(
        "GET",
        "/devices/{device_id:path}/traces",
        P.MANAGE_PEERS,
        traces.list_device_traces,
        list[traces.TraceShown],
    ),
    Route(
        "POST",
        "/devices/{device_id:path}/traces",
        P.MANAGE_PEERS,
        traces.trace_device,
        traces.TraceShown,
        status=201,
    ),
    Route(
        "DELETE",
        "/devices/{device_id:path}/traces",
        P.MANAGE_PEERS,
        traces.end_device_trace,
        status=204,
    ),
    Route("GET", "/devices/{device_id:path}", P.SEE_DEVICES, devices.read_device, Device),
    Route("GET", "/unsteady", P.SEE_DEVICES, devices.list_unsteady, list[devices.Unsteady]),
    Route("GET", "/profiles", P.SEE_DEVICES, peers.list_presets, peers.ProfileTable),
    Route("GET", "/admission", P.MANAGE_PEERS, admission.read_admission, admission.AdmissionShown),
    Route(
        "POST", "/admission", P.MANAGE_PEERS, admission.add_rule, admission.RuleShown, status=201
    ),
    Route("DELETE", "/admission/{number}", P.MANAGE_PEERS, admission.remove_rule, status=204),
    Route(
        "DELETE",
        "/admission/waiting/{device_id:path}",
        P.MANAGE_PEERS,
        admission.dismiss,
        status=204,
    ),
    Route("POST", "/admission/locks/clear", P.MANAGE_PEERS, admission.clear_host, status=204),
    Route("GET", "/traces", P.MANAGE_PEERS, traces.list_traces, list[traces.TraceShown]),
    Route("POST", "/traces", P.MANAGE_PEERS, traces.trace_address, traces.TraceShown, status=201),
    Route("GET", "/traces/{trace_id}", P.MANAGE_PEERS, traces.read_ladder, Ladder),
    Route(
        "GET",
        "/traces/{trace_id}/file",
        P.MANAGE_PEERS,
        traces.download_trace,
        media="application/jsonl",
    ),
    Route("POST", "/traces/{trace_id}/end", P.MANAGE_PEERS, traces.end_trace, traces.TraceShown),
    Route("DELETE", "/traces/{trace_id}", P.MANAGE_PEERS, traces.delete_trace, status=204),
    Route("GET", "/positions", P.SEE_DEVICES, positions.list_positions, Page[Report]),
    Route("GET", "/alarms", P.SEE_ALARMS, alarms.list_alarms, Page[alarms.AlarmRow]),
    Route("GET", "/alarms/counts", P.SEE_ALARMS, alarms.count_alarms, dict[str, int]),
    Route("GET", "/alarms/{alarm_id}", P.SEE_ALARMS, alarms.read_alarm, alarms.AlarmWhole),
    Route(
        "POST",
        "/alarms/{alarm_id}/acknowledge",
        P.HANDLE_ALARMS,
        alarms.acknowledge_alarm,
        alarms.AlarmRow,
    ),
    Route(
        "POST", "/alarms/{alarm_id}/assign", P.HANDLE_ALARMS, alarms.assign_alarm, alarms.AlarmRow
    ),
    Route("POST", "/alarms/{alarm_id}/close", P.HANDLE_ALARMS, alarms.close_alarm, alarms.AlarmRow),
    Route("POST", "/alarms/{alarm_id}/reset", P.HANDLE_ALARMS, alarms.reset_alarm, alarms.AlarmRow),
    Route("GET", "/channels", P.SEE_DEVICES, channels.list_channels, Page[Channel]),
    Route("GET", "/talks", P.TALK, talks.list_talks, list[talks.Held]),
    Route("POST", "/talks", P.TALK, talks.open_talk, talks.Talk),
    Route("DELETE", "/talks/{talk_id}", P.TALK, talks.close_talk, status=204),
    Route("GET", "/live", P.SEE_LIVE, live.list_views, list[live.Watched]),
    Route("POST", "/live", P.SEE_LIVE, live.open_view, live.Shown),
    Route("GET", "/live/purposes", P.SEE_LIVE, live.list_purposes, list[live.Purpose]),
    Route("GET", "/live/{view_id}", P.SEE_LIVE, live.read_view, live.Shown),
    Route("POST", "/live/{view_id}/renew", P.SEE_LIVE, live.renew_view, live.Shown),
    Route("DELETE", "/live/{view_id}", P.SEE_LIVE, live.close_view, status=204),
    Route("GET", "/playback", P.SEE_PLAYBACK, playback.list_playbacks, list[playback.Standing]),
    Route("POST", "/playback", P.SEE_PLAYBACK, playback.open_playback, live.Shown),
    Route("GET", "/playback/{view_id}", P.SEE_PLAYBACK, playback.read_playback, live.Shown),
    Route("POST", "/playback/{view_id}/renew", P.SEE_PLAYBACK, playback.renew_playback, live.Shown),
    Route(
        "POST",
        "/playback/{view_id}/control",
        P.SEE_PLAYBACK,
        playback.steer_playback,
        playback.Standing,
    ),
    Route("DELETE", "/playback/{view_id}", P.SEE_PLAYBACK, playback.close_playback, status=204),
    Route("GET", "/downloads", P.DOWNLOAD, downloads.list_downloads, Page[downloads.Item]),
    Route("POST", "/downloads", P.DOWNLOAD, downloads.add_download, downloads.Item, status=201),
    Route("GET", "/downloads/{download_id}", P.DOWNLOAD, downloads.read_download, downloads.Item),
    Route(
        "GET",
        "/downloads/{download_id}/file",
        P.DOWNLOAD,
        downloads.fetch_file,
        media="video/mp4",
    ),
    Route("DELETE", "/downloads/{download_id}", P.DOWNLOAD, downloads.remove_download, status=204),
    Route("POST", "/snapshots", P.SEE_LIVE, snapshots.take_snapshot, media="image/jpeg"),
    Route("GET", "/register", P.READ_ACCESS_REGISTER, register.list_entries, Page[Entry]),
    Route("GET", "/findings", P.REVIEW, findings.list_findings, Page[findings.FindingRow]),
    Route("GET", "/findings/rules", P.REVIEW, findings.list_rules, list[findings.RuleRow]),
    Route("GET", "/findings/{finding_id}", P.REVIEW, findings.read_finding, findings.FindingWhole),
    Route(
        "POST", "/findings/{finding_id}/close", P.REVIEW, findings.close_finding, findings.FindingRow
    ),
    Route("GET", "/system", P.SEE_SYSTEM, system.read_system, system.System),
)
