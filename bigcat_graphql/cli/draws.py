"""`bigcat verify-draw`."""

from pathlib import Path

from bigcat_graphql.cli.terminal import Refused, show
from bigcat_graphql.onsale.record import RecordUnreadable, find_faults, read_record


def verify_draw(file: Path, *, receipt: str | None, as_json: bool) -> None:
    """Compute a draw again from its record; needs neither a database nor the network.

    Raises:
        Refused: the record cannot be read, something in it does not fit, or the receipt is not
            in it.
    """
    try:
        record = read_record(file.read_bytes())
    except OSError as fault:
        raise Refused(f"{file} cannot be read: {fault.strerror}.") from None
    except RecordUnreadable as fault:
        raise Refused(str(fault)) from None
    if faults := find_faults(record):
        raise Refused("NOT FAIR: " + "; ".join(faults) + ".")
    rank = record.rank_of(receipt) if receipt else None
    if receipt and rank is None:
        raise Refused(f"The record fits, but no receipt {receipt} took part in it.")

    grade = "BEACON" if record.beacon else "COMMITMENT"
    facts = {"fair": True, "entries": len(record.entrants), "grade": grade, "rank": rank}
    text = f"Fair: all {len(record.entrants):,} ranks are as drawn, grade {grade}."
    if rank is not None:
        text += f" {receipt} has rank {rank:,}."
    show(facts, text, as_json=as_json)
