"""The doorkeeper and the registrar that settings make; what they do: see their own tests."""

from tongshi.clock import Clock
from tongshi.digest import Nonces
from tongshi.gb28181.registration import Refusal
from tongshi.gb28181.version import Version
from tongshi.settings import SignallingSettings
from tongshi.signalling.entrance import admission_of, realm_of, registrar_of
from tongshi.signalling.event import DeviceRegistered
from tongshi.signalling.neighbours import Neighbours, Rules
from tongshi.signalling.profiles import Profiles
from tongshi.sip.address import Address
from tongshi.sip.message import Request
from tongshi.testing.timeless import EPOCH, LoopClock, run

PLATFORM = "34020000002000000001"
CAMERA = "34020000001320000001"
STRANGER = "34020000001320000002"
HOME = Address("192.0.2.20", 5060)


def neighbours_with_camera() -> Neighbours:
    neighbours = Neighbours(Rules(), lambda event: None)
    granted = DeviceRegistered(
        CAMERA, HOME.host, HOME.port, "udp", EPOCH, EPOCH + 3600, Version.V2022, "", "", False
    )
    neighbours.register(granted, HOME, 0.0)
    return neighbours


def test_the_domain_is_of_our_id_unless_it_is_set() -> None:
    assert realm_of(SignallingSettings(id=PLATFORM)) == "3402000000"
    assert realm_of(SignallingSettings(id=PLATFORM, realm="other")) == "other"


def test_who_is_at_home_is_not_locked_out_with_the_host() -> None:
    async def work() -> None:
        settings = SignallingSettings(lock_host_attempts=2)
        admission = admission_of(settings, LoopClock(), neighbours_with_camera(), None)
        for _ in range(2):
            admission.failed(STRANGER, HOME)
        assert admission.bar("34020000001320000003", HOME) is Refusal.LOCKED
        assert admission.bar(CAMERA, HOME) is None

    run(work())


def test_who_registers_is_asked_for_the_password_in_our_domain() -> None:
    async def work() -> None:
        settings, neighbours = SignallingSettings(id=PLATFORM), neighbours_with_camera()
        clock: Clock = LoopClock()
        registrar = registrar_of(
            settings,
            admission_of(settings, clock, neighbours, None),
            neighbours,
            Profiles(neighbours),
            Nonces(b"k" * 32),
            lambda device_id: "12345678",
            clock,
        )
        request = Request(
            "REGISTER",
            f"sip:{PLATFORM}@3402000000",
            [
                ("From", f"<sip:{STRANGER}@3402000000>;tag=a"),
                ("To", f"<sip:{STRANGER}@3402000000>"),
                ("Call-ID", "c"),
                ("CSeq", "1 REGISTER"),
                ("Contact", f"<sip:{STRANGER}@192.0.2.20:5060>"),
                ("Expires", "3600"),
            ],
        )
        response, event = registrar.handle(request, HOME, clock.now(), clock.wall())
        assert (response.status, event) == (401, None)
        assert 'realm="3402000000"' in (response.headers.get("WWW-Authenticate") or "")

    run(work())
