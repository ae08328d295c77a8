"""Which deviations are heeded for each device, and why.

``Profiles.of`` is asked at each request that depends on it and must cost next to nothing.
"""

from tongshi.gb28181.profile import STANDARD, Profile


class Profiles:
    """The profile of each device."""

    def of(self, device_id: str) -> Profile:
        """Return the deviations to heed for *device_id*; a stranger has none."""
        return STANDARD
