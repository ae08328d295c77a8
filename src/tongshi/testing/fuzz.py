"""Every parser that peers can reach, as one table of targets for fuzzing.

A target takes bytes and keeps the promise of the parsers: it returns, or refuses by the errors
that its part names.  Anything else is a defect.  Targets with memory check its bounds as well.

    python -m tongshi.testing.fuzz sip.message -max_total_time=60 -timeout=5 [folder of seeds]

needs ``atheris``; the tests call the same targets with Hypothesis.
"""

import gc
import importlib
import sys
from collections.abc import Sequence
from types import FunctionType

from tongshi.testing.targets import doors, intake, machines, streams, subscriptions, texts
from tongshi.testing.targets.feed import Target

TARGETS: dict[str, Target] = {
    **texts.TARGETS,
    **machines.TARGETS,
    **subscriptions.TARGETS,
    **intake.TARGETS,
    **streams.TARGETS,
    **doors.TARGETS,
}
"""Name -> target.  Names are those of the packages under test."""


def main(arguments: Sequence[str]) -> None:
    """Fuzz the target named first with the options of libFuzzer that follow."""
    if not arguments or arguments[0] not in TARGETS:
        sys.exit("targets: " + " ".join(TARGETS))
    atheris = importlib.import_module("atheris")
    for held in gc.get_objects():
        # Ours alone: the libraries below would take minutes, and are not under test.
        if isinstance(held, FunctionType) and (held.__module__ or "").startswith("tongshi."):
            atheris.instrument_func(held)
    atheris.Setup(["tongshi-fuzz", *arguments[1:]], TARGETS[arguments[0]])
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
