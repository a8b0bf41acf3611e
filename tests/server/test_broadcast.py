"""Shared subscriptions in memory: who gets which frame, and how often one is executed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from graphql import OperationDefinitionNode, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from bigcat_graphql.schema.sharing import Shared
from bigcat_graphql.server import group
from bigcat_graphql.server.app import create_app
from bigcat_graphql.server.broadcast import Attendance
from bigcat_graphql.server.callers import Caller
from bigcat_graphql.server.events import Events
from bigcat_graphql.server.execution import GraphQLRequest
from bigcat_graphql.server.shared_selections import SharedSelection, read_selection
from bigcat_graphql.server.subscriptions import StreamFailed
from bigcat_graphql.settings import Settings
from tests.server.boards import Boards, board
from tests.server.toy import authenticate, schema
from tests.server.toy_server import SERVICES

WATCH = """
subscription ($names: [String!]!, $since: Int) {
  boards(names: $names, since: $since) { since version text }
}
"""
SOMEBODY = Caller(address="192.0.2.1", base_url="http://box.test")


class Reader:
    """A receiver that checks the rule of every client: apply a frame only to what it continues."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.text: str | None = None
        self.is_full = False
        self.ends: list[object] = []
        self.attendance: Attendance | None = None

    def take(self, payload: bytes) -> bool:
        if self.is_full:
            return False
        self.payloads.append(payload)
        event = json.loads(payload)["data"]["boards"]
        if event["since"] is None:
            self.text = event["text"]
        else:
            assert len(self.text or "") == event["since"], "a gap"
            self.text = (self.text or "") + event["text"]
        return True

    def end(self, failure: object) -> None:
        self.ends.append(failure)

    def drain(self) -> None:
        self.is_full = False
        if self.attendance is not None:
            self.attendance.catch_up()

    def leave(self) -> None:
        if self.attendance is not None:
            self.attendance.leave()


def make_events() -> Events:
    events: Events = create_app(Settings(), schema, SERVICES).state.events
    return events


async def join(
    events: Events,
    reader: Reader,
    *names: str,
    document: str = WATCH,
    caller: Caller = SOMEBODY,
    **variables: object,
) -> None:
    request = GraphQLRequest(document, {"names": list(names), **variables})
    prepared = await events.engine.prepare(request, caller)
    source = await events.open(prepared)
    assert isinstance(source, Shared)
    reader.attendance = await events.join(prepared, source, reader)


@asynccontextmanager
async def joined(
    events: Events, count: int, *names: str, **asked: Any
) -> AsyncIterator[list[Reader]]:
    readers = [Reader() for _ in range(count)]
    for reader in readers:
        await join(events, reader, *names, **asked)
    try:
        yield readers
    finally:
        for reader in readers:
            reader.leave()
        await settle()


async def settle() -> None:
    """Give every task its turns: nothing here waits for anything but the loop."""
    for _ in range(100):
        await asyncio.sleep(0)


@pytest.fixture
def events() -> Events:
    return make_events()


@pytest.fixture
def name() -> str:
    return uuid4().hex


async def test_an_event_is_executed_once_for_all_who_select_the_same(
    events: Events, name: str
) -> None:
    async with joined(events, 250, name) as readers:
        before = Boards.shown
        board(name).add()
        await settle()
        assert Boards.shown - before == 1
        assert {reader.text for reader in readers} == {"x"}
        assert len({id(reader.payloads[-1]) for reader in readers}) == 1


async def test_newcomers_are_given_the_state_that_is_ready(events: Events, name: str) -> None:
    board(name).add()
    async with joined(events, 1, name):
        before = Boards.shown
        async with joined(events, 50, name) as readers:
            assert Boards.shown == before
            assert {reader.text for reader in readers} == {"x"}


async def test_who_resumes_gets_what_was_missed_and_then_what_everybody_gets(
    events: Events, name: str
) -> None:
    board(name).add("a")
    board(name).add("b")
    async with joined(events, 1, name) as others:
        resumed = Reader()
        resumed.text = "a"
        await join(events, resumed, name, since=1)
        board(name).add("c")
        await settle()
        assert resumed.text == others[0].text == "abc"
        assert resumed.payloads[-1] is others[0].payloads[-1]
        resumed.leave()


async def test_two_selections_are_two_groups(events: Events, name: str) -> None:
    other = WATCH.replace("text }", "text(times: 2) }")
    async with joined(events, 3, name), joined(events, 1, name, document=other) as [twice]:
        before = Boards.shown
        board(name).add()
        await settle()
        assert Boards.shown - before == 2
        assert json.loads(twice.payloads[-1])["data"]["boards"]["text"] == "xx"


async def test_a_fan_out_leaves_turns_of_the_loop_to_others(events: Events, name: str) -> None:
    async with joined(events, 250, name) as readers:
        board(name).add()
        reached = []
        while not readers[-1].text:
            await asyncio.sleep(0)
            reached.append(sum(bool(reader.text) for reader in readers))
        assert len({*reached} - {0, 250}) >= 2
        await settle()
        assert len(board(name).fanouts) == 1


async def test_who_leaves_while_a_frame_goes_round_is_not_sent_it(
    events: Events, name: str
) -> None:
    async with joined(events, 250, name) as readers:
        board(name).add()
        while not readers[0].text:
            await asyncio.sleep(0)
        readers[-1].leave()
        await settle()
        assert readers[-1].text == ""
        assert readers[-2].text == "x"


async def test_a_slow_reader_goes_on_from_the_whole_state(events: Events, name: str) -> None:
    async with joined(events, 2, name) as [slow, quick]:
        slow.is_full = True
        for letter in "abc":
            board(name).add(letter)
            await settle()
        assert (slow.text, quick.text) == ("", "abc")
        slow.drain()
        await settle()
        assert len(slow.payloads) == 2
        board(name).add("d")
        await settle()
        assert slow.text == quick.text == "abcd"
        assert slow.payloads[-1] is quick.payloads[-1]


async def test_who_has_no_room_for_the_first_state_gets_no_step_before_it(
    events: Events, name: str
) -> None:
    reader = Reader()
    reader.is_full = True
    await join(events, reader, name)
    reader.is_full = False
    board(name).add("a")
    await settle()
    assert reader.payloads == []
    reader.drain()
    await settle()
    assert reader.text == "a"
    reader.leave()


async def test_when_sending_cannot_keep_up_everybody_goes_on_from_one_state(
    events: Events, name: str
) -> None:
    async with joined(events, 3, name) as readers:
        for _ in range(50):
            board(name).add()
        await settle()
        assert {reader.text for reader in readers} == {"x" * 50}
        assert max(len(reader.payloads) for reader in readers) == 2


async def test_the_last_to_leave_lets_go_of_the_topic(events: Events, name: str) -> None:
    async with joined(events, 2, name) as [first, second]:
        first.leave()
        await settle()
        assert board(name).holders == 1
        second.leave()
        await settle()
        assert board(name).holders == 0
        assert len(events.broadcaster) == 0
        await join(events, first, name)
        assert board(name).holders == 1


async def test_one_who_leaves_while_the_topic_opens_does_not_end_it_for_others(
    events: Events, name: str
) -> None:
    leaving, staying = Reader(), Reader()
    async with joined(events, 1, name):  # the document is known from here on
        pass
    board(name).opens_slowly = True
    task = asyncio.create_task(join(events, leaving, name))
    other = asyncio.create_task(join(events, staying, name))
    await settle()
    task.cancel()
    await settle()
    board(name).opens_slowly = False
    await other
    board(name).add()
    await settle()
    assert (leaving.payloads, staying.text) == ([], "x")
    staying.leave()
    await settle()
    assert board(name).holders == 0


async def test_a_topic_that_refuses_is_told_to_each_who_asks(events: Events, name: str) -> None:
    for _ in range(2):
        with pytest.raises(StreamFailed) as failed:
            await join(events, Reader(), name, "secret")
        [error] = failed.value.answer["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "names"}
        assert error["path"] == ["boards"]
    await settle()
    assert len(events.broadcaster) == 0
    assert board(name).holders == 0


async def test_an_operation_of_many_topics_ends_with_the_last(events: Events, name: str) -> None:
    async with joined(events, 1, name, name + "2") as [reader]:
        board(name).end()
        await settle()
        assert reader.ends == []
        reader.text = None
        board(name + "2").end()
        await settle()
        assert reader.ends == [None]


async def test_events_are_executed_for_nobody_in_particular(events: Events, name: str) -> None:
    document = WATCH.replace("text }", "text whoami }")
    signed_in = Caller(address="192.0.2.1", base_url="http://box.test", viewer=authenticate("good"))
    async with joined(events, 1, name, document=document, caller=signed_in) as [reader]:
        board(name).add()
        await settle()
        told = [json.loads(payload)["data"]["boards"]["whoami"] for payload in reader.payloads]
        assert told == [None, None]


async def test_a_field_that_fails_is_an_answer_and_a_slow_one_is_waited_for(
    events: Events, name: str
) -> None:
    document = WATCH.replace("text }", "text later broken }")
    async with joined(events, 2, name, document=document) as readers:
        board(name).add()
        await settle()
        for reader in readers:
            answer = json.loads(reader.payloads[-1])
            assert answer["data"]["boards"]["later"] == "x"
            assert "secret" not in json.dumps(answer["errors"])


async def test_newcomers_whose_state_takes_long_do_not_miss_a_frame(
    events: Events, name: str
) -> None:
    document = WATCH.replace("text }", "text later }")
    board(name).add("x" * 20)
    async with joined(events, 1, name, document=document) as others:
        newcomer = Reader()
        joining = asyncio.create_task(join(events, newcomer, name, document=document))
        for _ in range(5):
            board(name).add()
            for _ in range(8):
                await asyncio.sleep(0)
        assert len(others[0].payloads) > 3
        await joining
        await settle()
        assert newcomer.text == others[0].text == "x" * 25
        newcomer.leave()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "resume", "add", "fill", "drain", "leave", "turns"]),
        st.integers(0, 7),
    ),
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(steps=STEPS, document=st.sampled_from([WATCH, WATCH.replace("text }", "text later }")]))
def test_nobody_ever_gets_a_step_that_does_not_continue_what_he_has(
    steps: list[tuple[str, int]], document: str
) -> None:
    with patch.object(group, "_TOGETHER", 2), patch.object(group, "_MOST_WAITING", 3):
        asyncio.run(Play(document).run(steps))


class Play:
    """People come, resume, read slowly and leave while letters are added."""

    def __init__(self, document: str) -> None:
        self.document = document
        self.events = make_events()
        self.board = board(uuid4().hex)
        self.readers: list[Reader] = []
        self.joining: list[asyncio.Task[None]] = []

    async def run(self, steps: list[tuple[str, int]]) -> None:
        for what, number in steps:
            if what == "turns":
                for _ in range(number):
                    await asyncio.sleep(0)
            elif what in {"come", "resume", "add"}:
                getattr(self, what)(number)
            elif self.readers:
                getattr(self, what)(self.readers[number % len(self.readers)])
        await asyncio.gather(*self.joining)
        for reader in self.readers:
            reader.drain()
        await settle()
        assert {reader.text for reader in self.readers} <= {self.board.text}
        for reader in self.readers:
            reader.leave()
        await settle()
        assert self.board.holders == 0

    def add(self, number: int) -> None:
        self.board.add("abcdefgh"[number])

    def come(self, _: int) -> None:
        self.join(Reader(), None)

    def resume(self, number: int) -> None:
        reader = Reader()
        reader.text = self.board.text[:number]
        self.join(reader, len(reader.text))

    def join(self, reader: Reader, since: int | None) -> None:
        name = self.board.key[1]
        asked = join(self.events, reader, name, document=self.document, since=since)
        self.joining.append(asyncio.create_task(asked))
        self.readers.append(reader)

    def fill(self, reader: Reader) -> None:
        reader.is_full = True

    def drain(self, reader: Reader) -> None:
        reader.drain()

    def leave(self, reader: Reader) -> None:
        if reader.attendance is not None:
            reader.leave()
            self.readers.remove(reader)


def selection(text: str) -> SharedSelection:
    document = parse(text)
    operation = next(
        one for one in document.definitions if isinstance(one, OperationDefinitionNode)
    )
    return read_selection(document, operation)


SAME = [
    'subscription { boards(names: ["a"]) { text version } }',
    "subscription X($n: [String!]!, $s: Int) { boards(names: $n, since: $s) { text, version } }",
    'subscription { boards(since: 5, names: ["b"]) {\n text # here\n version } }',
]
OTHER = [
    'subscription { boards(names: ["a"]) { version text } }',
    'subscription { all: boards(names: ["a"]) { text version } }',
    'subscription { boards(names: ["a"]) { t: text version } }',
    'subscription { boards(names: ["a"]) { text(times: 2) version } }',
    'subscription { boards(names: ["a"]) { ...F } } fragment F on BoardEvent { text version }',
    'subscription { boards(names: ["a"]) { ...F } } fragment F on BoardEvent { text }',
    'subscription { ...S } fragment S on Subscription { boards(names: ["a"]) { text } }',
]


def test_what_is_watched_and_from_where_on_does_not_tell_selections_apart() -> None:
    assert len({selection(text) for text in SAME}) == 1
    assert len({selection(text).text for text in [*SAME, *OTHER]}) == 1 + len(OTHER)


def test_only_variables_that_the_selection_uses_tell_its_readers_apart() -> None:
    one = selection(
        "subscription ($n: [String!]!, $v: Boolean!, $t: Int) { boards(names: $n) {"
        " text(times: $t) ...F } } fragment F on BoardEvent { version @include(if: $v) }"
    )
    assert one.variables == ("t", "v")
    assert one.key({"n": ["a"], "v": True, "t": 1}) == one.key({"n": ["b"], "v": True, "t": 1})
    assert one.key({"v": True, "t": 1}) != one.key({"v": False, "t": 1})
    assert one.key({"v": True, "t": 1}) != one.key({"v": True, "t": True})


def test_the_arguments_of_a_root_field_inside_fragments_are_left_out_too() -> None:
    texts = [
        f'subscription {{ ...S }} fragment S on Subscription {{ boards(names: ["{name}"]) {{'
        " ...F } } fragment F on BoardEvent { text }"
        for name in "ab"
    ]
    assert selection(texts[0]) == selection(texts[1])
    assert "names" not in selection(texts[0]).text
