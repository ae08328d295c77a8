"""Devices of the register with their presence as it is now.

The store is behind by a flush for states and by more for signs of life; memory is not.
"""

from dataclasses import replace

from tongshi.db.page import Page
from tongshi.health.service import Health
from tongshi.registry.entry import Device


def freshen(health: Health, device: Device) -> Device:
    """Return *device* with the state, its reason and the last proof of life known now."""
    known = health.status(device.device_id)
    if known is None:
        return device
    return replace(
        device,
        state=known.state,
        why=known.why,
        since=known.since,
        last_proof_at=known.proof if known.proof is not None else device.last_proof_at,
    )


def freshen_page(health: Health, page: Page[Device]) -> Page[Device]:
    """Return *page* with each device freshened."""
    return replace(page, rows=tuple(freshen(health, device) for device in page.rows))
