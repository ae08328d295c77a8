"""Who may register: the doorkeeper and the registrar, as the settings make them."""

from collections.abc import Callable

from tongshi.clock import Clock
from tongshi.digest import Hashed, Nonces
from tongshi.gb28181.registration import Registrar, Terms
from tongshi.registry.peers.service import Peers
from tongshi.settings import SignallingSettings
from tongshi.signalling.admission import Admission, LockRules
from tongshi.signalling.event import Presence
from tongshi.signalling.neighbours import Neighbours
from tongshi.signalling.profiles import Profiles


def admission_of(
    settings: SignallingSettings, clock: Clock, neighbours: Neighbours, peers: Peers | None
) -> Admission:
    """Return the doorkeeper: it knows whom people decided about and who is at home."""
    known = peers.known if peers is not None else frozenset()

    def is_known(device_id: str) -> bool:
        return neighbours.get(device_id) is not None or device_id in known

    def is_at_home(device_id: str, host: str) -> bool:
        neighbour = neighbours.get(device_id)
        return (
            neighbour is not None
            and neighbour.state is Presence.ONLINE
            and neighbour.address.host == host
        )

    lock = LockRules(
        settings.lock_attempts, settings.lock_host_attempts, settings.lock_minutes * 60
    )
    admission = Admission(lock, clock, is_known=is_known, is_at_home=is_at_home)
    if peers is not None:
        admission.rules = peers.book
    return admission


def registrar_of(
    settings: SignallingSettings,
    admission: Admission,
    neighbours: Neighbours,
    profiles: Profiles,
    nonces: Nonces,
    password_of: Callable[[str], str | Hashed | None],
    clock: Clock,
) -> Registrar:
    """Return the registrar: it knows who is registered, and each device's own terms."""
    terms = Terms(
        realm=realm_of(settings),
        expires_min=settings.expires_min,
        expires_max=settings.expires_max,
        algorithm=settings.algorithm,
        qop=settings.qop,
        send_date=settings.send_date,
    )

    def is_registered(device_id: str) -> bool:
        neighbour = neighbours.get(device_id)
        return neighbour is not None and neighbour.expires > clock.now()

    return Registrar(
        terms,
        nonces,
        password_of=password_of,
        is_registered=is_registered,
        doorkeeper=admission,
        terms_of=profiles.terms(terms),
    )


def realm_of(settings: SignallingSettings) -> str:
    """Return the SIP domain: the first ten digits of our id where none is set."""
    return settings.realm or settings.id[:10]
