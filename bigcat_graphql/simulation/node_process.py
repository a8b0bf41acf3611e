"""One server process of the simulation: `bigcat serve` on a clock that may be wrong.

    python -m bigcat_graphql.simulation.node_process SKEW_SECONDS PORT

It ends when its standard input does, so that no way of ending the simulation leaves it running.
"""

import ctypes
import gc
import os
import runpy
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any

import uuid_utils


def main() -> None:
    """Serve until told to stop."""
    skew_seconds, port = float(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if skew_seconds:
        skew_clock(skew_seconds)
    sys.argv = ["bigcat", "serve", "--port", port]
    runpy.run_module("bigcat_graphql", run_name="__main__", alter_sys=True)


def skew_clock(seconds: float) -> None:
    """Make everything in this process believe another time; what counts intervals is left alone.

    Call it before anything else is imported that keeps a function of the clock.
    """
    right: Callable[[], int] = time.time_ns
    time.time_ns = lambda: right() + int(seconds * 1e9)
    time.time = lambda: time.time_ns() / 1e9
    # The type allows no assignment, but its own dictionary does: there is no other way to reach
    # whoever has imported `datetime` by name.
    attributes: Any = gc.get_referents(datetime.__dict__)[0]
    attributes["now"] = classmethod(_now)
    attributes["utcnow"] = classmethod(_now)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))
    stock_uuid7 = uuid_utils.uuid7
    wrong_uuid7: Any = lambda: stock_uuid7(nanoseconds=time.time_ns())  # noqa: E731 - Any: stubs
    uuid_utils.uuid7 = wrong_uuid7


def _now(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
    return cls.fromtimestamp(time.time(), tz)


def _end_with_parent() -> None:
    # Not sys.stdin: its lock, held by this thread, would break the end of the interpreter.
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
