"""How many sockets and files this process may have open."""

import logging
import resource

_log = logging.getLogger(__name__)


def allow(wanted: int) -> int:
    """Raise the soft limit of open files to *wanted* if the hard one lets it; return what it is.

    A limit below *wanted* is warned of, with what an operator can do.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if granted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
    if granted < wanted:
        _log.warning("open_files=%d wanted=%d remedy='LimitNOFILE=%d'", granted, wanted, wanted)
    return granted
