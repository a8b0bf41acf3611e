"""Where a simulation's picture goes."""

from pathlib import Path

from bigcat_graphql.cli.terminal import Refused


def check_place(picture: Path | None) -> None:
    """Refuse before the simulation what would else be found out after it.

    Raises:
        Refused: its directory is not there.
    """
    if picture is not None and not picture.parent.is_dir():
        raise Refused(f"{picture} cannot be written: there is no directory {picture.parent}.")
