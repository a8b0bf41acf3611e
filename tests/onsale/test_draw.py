"""The draw of a sale queue: computed again from its record, by us and by another language."""

import json
import shutil
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.onsale.beacon import CHAIN_HASH, Beacon, published_at, round_after
from bigcat_graphql.onsale.draw import Entrant, commit_to, draw, mix, root_of
from bigcat_graphql.onsale.record import (
    DrawRecord,
    RecordUnreadable,
    find_faults,
    make_record,
    read_record,
    write_record,
)

CLOSED_AT = 1_800_000_000
VERIFIER = Path(__file__).parents[2] / "examples" / "verify_draw.mjs"


def beacon(closed_at: int = CLOSED_AT) -> Beacon:
    signature = b"a signature" * 4
    return Beacon(CHAIN_HASH, round_after(closed_at), sha256(signature).digest(), signature)


def entrants(count: int, *, seed: int = 1) -> list[Entrant]:
    random = Random(seed)
    return [Entrant.with_nonce(random.randbytes(16), f"nonce {k}") for k in range(count)]


def record(count: int = 20, *, with_beacon: bool = True) -> DrawRecord:
    return make_record(
        sale_id=bytes(16),
        closed_at=CLOSED_AT,
        seed=bytes(range(32)),
        entrants=entrants(count),
        beacon=beacon() if with_beacon else None,
    )


def test_a_draw_is_the_one_written_down_by_hand() -> None:
    one, two = Entrant(b"\x01" * 16, sha256(b"").digest()), Entrant.with_nonce(b"\x02" * 16, "x")
    root = sha256(one.id + one.nonce_digest + two.id + two.nonce_digest).digest()
    assert root_of([two, one]) == root
    final = sha256(b"draw-v1" + b"s" * 16 + b"seed" + root + b"random").digest()
    assert mix(sale_id=b"s" * 16, seed=b"seed", entries_root=root, randomness=b"random") == final
    by_hash = sorted([one.id, two.id], key=lambda id_: sha256(final + id_).digest())
    assert draw(final, [one, two]) == by_hash
    assert commit_to(b"seed") == sha256(b"seed").digest()


def test_ranks_are_a_permutation_whatever_order_entries_come_in() -> None:
    everybody = entrants(500)
    drawn = draw(b"final", everybody)
    assert sorted(drawn) == sorted(one.id for one in everybody)
    assert draw(b"final", reversed(everybody)) == drawn


def test_the_round_is_the_first_six_seconds_or_more_after_closing() -> None:
    for closed_at in range(CLOSED_AT, CLOSED_AT + 10):
        round_ = round_after(closed_at)
        assert published_at(round_) >= closed_at + 6 > published_at(round_ - 1)


@pytest.mark.parametrize("with_beacon", [True, False])
def test_a_record_is_read_back_and_fits(*, with_beacon: bool) -> None:
    drawn = record(with_beacon=with_beacon)
    assert read_record(write_record(drawn)) == drawn
    assert find_faults(drawn) == []
    first = drawn.entrants[drawn.ranks.index(1)].id.hex()
    assert drawn.rank_of(first) == 1
    assert drawn.rank_of("0" * 32) is None


@given(st.data())
def test_one_flipped_bit_anywhere_fails(data: st.DataObject) -> None:
    document = bytearray(write_record(record(3)))
    document[data.draw(st.integers(0, len(document) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(RecordUnreadable):
        read_record(bytes(document))


@pytest.mark.parametrize(
    "change",
    [
        {"sale_id": b"\x01" * 16},
        {"closed_at": CLOSED_AT + 3},
        {"commitment": bytes(32)},
        {"seed": bytes(32)},
        {"entries_root": bytes(32)},
        {"beacon": None},
        {"beacon": replace(beacon(), chain_hash="00")},
        {"beacon": replace(beacon(), randomness=bytes(32))},
        {"beacon": replace(beacon(), signature=b"another")},
        {"beacon": replace(beacon(), round=1)},
        {"ranks": tuple(reversed(record().ranks))},
        {"entrants": tuple(reversed(record().entrants))},
        {"entrants": (*record().entrants[:-1], Entrant.with_nonce(b"\xff" * 16, "late"))},
    ],
    ids=lambda change: f"{next(iter(change))}",
)
def test_whoever_writes_another_record_is_found_out(change: dict[str, Any]) -> None:
    # The forger writes a digest that fits: only computing the draw again tells.
    forged = read_record(write_record(replace(record(), **change)))
    assert find_faults(forged)


_JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_refused_as_unreadable(document: bytes) -> None:
    with pytest.raises(RecordUnreadable):
        read_record(document)


def test_the_order_of_joining_says_nothing_about_the_rank() -> None:
    # Kendall's tau of 2,000 entrants; 0.0219 at 10,000 scales by the square root: 0.049.
    everybody = entrants(2_000)
    place = {id_: rank for rank, id_ in enumerate(draw(b"final", everybody))}
    ranks = [place[one.id] for one in everybody]
    assert abs(kendall_tau(ranks)) <= 0.049


def kendall_tau(ranks: list[int]) -> float:
    inversions, _ = count_inversions(ranks)
    pairs = len(ranks) * (len(ranks) - 1) / 2
    return 1 - 2 * inversions / pairs


def count_inversions(ranks: list[int]) -> tuple[int, list[int]]:
    if len(ranks) < 2:
        return 0, ranks
    half = len(ranks) // 2
    here, left = count_inversions(ranks[:half])
    there, right = count_inversions(ranks[half:])
    merged, count, taken = [], here + there, 0
    for one in left:
        while taken < len(right) and right[taken] < one:
            merged.append(right[taken])
            taken += 1
        count += taken
        merged.append(one)
    return count, merged + right[taken:]


@pytest.mark.parametrize("with_beacon", [True, False])
def test_another_language_computes_the_same_ranks_and_finds_a_forgery(
    tmp_path: Path, *, with_beacon: bool
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("the second implementation needs node")
    drawn = record(200, with_beacon=with_beacon)
    ranks = list(drawn.ranks)
    ranks[0], ranks[1] = ranks[1], ranks[0]

    assert verify(node, tmp_path, drawn) == (0, "fair: all 200 ranks are as drawn")
    code, told = verify(node, tmp_path, replace(drawn, ranks=tuple(ranks)))
    assert code == 1
    assert "the ranks are not those of the draw" in told


def verify(node: str, directory: Path, drawn: DrawRecord) -> tuple[int, str]:
    path = directory / "record.json"
    path.write_bytes(write_record(drawn))
    done = subprocess.run(  # noqa: S603 - our own example
        [node, str(VERIFIER), str(path)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip()
