"""What the command line says, to people and to programs."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

Advance = Callable[[int, int], None]


class Refused(Exception):
    """The verb was not done; the text says why, and what to do."""


def show(answer: Mapping[str, object], text: str, *, as_json: bool) -> None:
    """Print a verb's answer on stdout: the text for people, or the facts as JSON."""
    print(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else text)  # noqa: T201 - this is the place


def complain(text: str) -> None:
    """Print on stderr why something was not done."""
    print(text, file=sys.stderr)  # noqa: T201 - this is the place


def note(text: str) -> None:
    """Print on stderr what a person who waits wants to know."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is the place


@contextmanager
def progress(label: str) -> Iterator[Advance]:
    """Show a bar on stderr while a person watches; yields a function that takes done and total."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415 - 0.1 s that only a bar needs
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)
