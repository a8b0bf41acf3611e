"""As many open files as connections are allowed: shells hand down 1,024, where one is a socket."""

import sys

import structlog

# PostgreSQL, logs, listeners, and what libraries open for a moment.
_OTHERS = 500
_log = structlog.get_logger(__name__)


def allow_connections(count: int) -> None:
    """Raise this process's soft limit of open files, as far as its hard limit lets us."""
    if sys.platform == "win32":  # it has no such limit
        return
    import resource  # noqa: PLC0415 - not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OTHERS
    if resource.RLIM_INFINITY != soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
        if allowed < count:
            _log.warning("few_open_files", allowed=allowed, connections=count)
