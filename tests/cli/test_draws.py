"""`bigcat verify-draw`: whoever took part can compute the draw again."""

from pathlib import Path

from bigcat_graphql.onsale.record import write_record
from tests.cli.running import Call, answer_of, assert_refused
from tests.onsale.test_draw import record


def test_a_fair_draw_is_told_with_ones_own_rank(call: Call, tmp_path: Path) -> None:
    drawn = record(20)
    file = tmp_path / "record.json"
    file.write_bytes(write_record(drawn))
    mine = drawn.entrants[3].id.hex()

    facts = answer_of(call("verify-draw", str(file), "--receipt", mine, "--json"))
    assert facts == {"fair": True, "entries": 20, "grade": "BEACON", "rank": drawn.ranks[3]}
    told = call("verify-draw", str(file), "--receipt", mine).stdout
    assert told.startswith("Fair: all 20 ranks are as drawn, grade BEACON.")
    assert f"rank {drawn.ranks[3]}" in told


def test_a_changed_record_and_a_foreign_receipt_are_refused(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_bytes(write_record(record(20)))
    assert_refused(call("verify-draw", str(file), "--receipt", "0" * 32), 1, "no receipt")
    file.write_bytes(file.read_bytes().replace(b'"closedAt":1', b'"closedAt":2'))
    assert_refused(call("verify-draw", str(file)), 1, "digest")
    assert_refused(call("verify-draw", str(tmp_path / "nothing")), 1, "nothing")
