import base64

from hypothesis import given
from hypothesis import strategies as st

from bigcat_graphql.live.frames import pack


def test_the_documented_hall_packs_as_documented() -> None:
    assert base64.b64encode(pack("AARBAXAAAA")) == b"kAwA"


def test_a_hall_without_numbered_seats_packs_to_nothing() -> None:
    assert pack("") == b""


@given(st.text("ARBX", max_size=50))
def test_each_seat_is_found_where_the_contract_says(statuses: str) -> None:
    packed = pack(statuses)
    read = "".join("ARBX"[packed[i >> 2] >> 2 * (i & 3) & 3] for i in range(len(statuses)))
    assert read == statuses
    assert len(packed) == (len(statuses) + 3) // 4
