"""What no client library would send: frames and heads by hand, and clients that do not read."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from bigcat_graphql.server import straight_socket
from bigcat_graphql.server.bounded_http import MOST_HEAD_BYTES
from bigcat_graphql.server.straight_socket import MOST_UNSENT_BYTES
from tests.server.asking import Talk
from tests.server.boards import board
from tests.server.conftest import listening
from tests.server.test_run import running
from tests.server.test_shared_sockets import (
    Screen,
    connect_narrowly,
    find_straight,
)
from tests.server.toy import Watchers

_PATIENCE_SECONDS = 30
_CONT, _TEXT, _CLOSE, _PING, _PONG = 0, 1, 8, 9, 10
_CHUNK_BYTES = 256 * 1024
HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nhost: box.test\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n"
)


def frame(opcode: int, data: bytes = b"", *, is_last: bool = True) -> bytes:
    """Write a client's frame of less than 64 kB; its mask is nought."""
    begin = bytes([is_last << 7 | opcode])
    is_short = len(data) < 126
    size = bytes([0x80 | len(data)]) if is_short else b"\xfe" + len(data).to_bytes(2, "big")
    return begin + size + bytes(4) + data


@dataclass(frozen=True, slots=True)
class Raw:
    """A connection of which each byte is ours."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def hear(self) -> tuple[int, bytes]:
        first, size = await self.reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        return first & 15, await self.reader.readexactly(size)

    async def hear_all(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), _PATIENCE_SECONDS)

    async def close_code(self) -> int:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                opcode, data = await self.hear()
                if opcode == _CLOSE:
                    return int.from_bytes(data[:2], "big")


@asynccontextmanager
async def connecting(address: str, *, receive_bytes: int | None = None) -> AsyncIterator[Raw]:
    host, _, port = address.partition(":")
    ours = socket.socket()
    if receive_bytes:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    ours.setblocking(False)
    await asyncio.get_running_loop().sock_connect(ours, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=ours, limit=1024)
    try:
        yield Raw(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def shaking_hands(address: str, **given: Any) -> AsyncIterator[Raw]:
    async with connecting(address, **given) as raw:
        await raw.send(HANDSHAKE + b"\r\n")
        assert b" 101 " in await raw.reader.readuntil(b"\r\n\r\n")
        await raw.send(frame(_TEXT, b'{"type":"connection_init"}'))
        assert await raw.hear() == (_TEXT, b'{"type":"connection_ack"}')
        yield raw


@pytest.mark.parametrize(
    "header", [b"cookie: " + b"x" * 9_000, b"".join(b"x-%d: x\r\n" % n for n in range(200))[:-2]]
)
async def test_a_handshake_that_cannot_be_read_is_refused_and_not_forgotten(
    address: str, header: bytes
) -> None:
    async with connecting(address) as raw:
        await raw.send(HANDSHAKE + header + b"\r\n\r\n")
        assert (await raw.hear_all()).startswith(b"HTTP/1.1 400 ")


async def test_a_head_without_end_is_cut_off(address: str) -> None:
    async with connecting(address) as raw:
        begin = b"GET /healthz HTTP/1.1\r\nhost: box.test\r\nx: "
        # Not a byte more: what is never read would take the answer back with it.
        await raw.send(begin.ljust(MOST_HEAD_BYTES + 1, b"x"))
        assert (await raw.hear_all()).startswith(b"HTTP/1.1 431 ")


async def test_a_long_body_is_no_long_head(address: str) -> None:
    head = b"POST /graphql HTTP/1.1\r\nhost: box.test\r\ncontent-type: text/plain\r\n"
    body = b"x" * 3 * MOST_HEAD_BYTES
    async with connecting(address) as raw:
        for _ in range(2):
            await raw.send(head + b"content-length: %d\r\n\r\n" % len(body))
            assert b" 415 " in await raw.reader.readuntil(b"\r\n\r\n")
            await raw.send(body)
            await raw.reader.readuntil(b"}]}")


async def test_what_is_no_text_or_too_deep_is_refused_without_a_traceback() -> None:
    deep = b'{"type":"ping","payload":' + b'{"a":' * 1_000 + b"1" + b"}" * 1_001
    async with running() as (process, address):
        async with shaking_hands(address) as raw:
            await raw.send(frame(_TEXT, b'"\xc3', is_last=False) + frame(_CONT, b'"'))
            assert await raw.close_code() == 1007
        async with shaking_hands(address) as raw:
            await raw.send(frame(_TEXT, b"\xff") + frame(_CLOSE, b"\x03\xe8"))
            assert await raw.close_code() == 1000
        async with shaking_hands(address) as raw:
            await raw.send(frame(_TEXT, deep))
            assert await raw.close_code() == 4400
        process.terminate()
        _, log = await process.communicate()
    assert b"Traceback" not in log


async def test_parts_of_a_message_without_a_byte_are_not_kept() -> None:
    async with listening() as (server, address), shaking_hands(address) as raw:
        [straight] = find_straight(server)
        await raw.send(frame(_TEXT, b'{"type":', is_last=False))
        await raw.send(frame(_CONT, is_last=False) * 10_000 + frame(_PING))
        assert await raw.hear() == (_PONG, b"")
        assert len(straight.frames) == 1
        await raw.send(frame(_CONT, b'"ping"}'))
        assert await raw.hear() == (_TEXT, b'{"type":"pong"}')


async def test_of_the_pings_of_a_client_that_does_not_read_the_newest_is_answered() -> None:
    async with (
        listening() as (server, address),
        shaking_hands(address, receive_bytes=4096) as raw,
    ):
        [straight] = find_straight(server)
        pings = frame(_PING, b"x" * 125) * 1_000
        newest = os.urandom(8)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not straight.is_paused:
                await raw.send(pings)
                await asyncio.sleep(0)
            for _ in range(20):
                await raw.send(pings)
            await raw.send(frame(_PING, newest))
            while not straight._pong.endswith(newest):
                await asyncio.sleep(0.01)
        unsent = straight.transport.get_write_buffer_size()
        assert unsent < MOST_UNSENT_BYTES + 2 * _CHUNK_BYTES
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while (await raw.hear())[1] != newest:
                continue


async def test_a_client_that_does_not_answer_pings_is_cut_off_with_what_it_has_not_taken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(straight_socket, "_STUCK_SECONDS", 3600)
    monkeypatch.setattr(straight_socket, "_FLUSH_SECONDS", 0.5)
    one = board(uuid4().hex)
    async with listening() as (server, address):
        slow = Screen(Talk(await connect_narrowly(address)), 1_000)
        await slow.talk.begin()
        await slow.watch(one)
        await slow.talk.subscribe("subscription { count(to: 1000000, pause: 0.001) }", "2")
        [straight] = find_straight(server)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not straight.transport.get_write_buffer_size():
                one.add()
                await asyncio.sleep(0)
            straight.keepalive_timeout()
            try:
                while one.holders or Watchers.open:
                    await asyncio.sleep(0.01)
            finally:
                slow.talk.socket.transport.abort()
    assert "unexpected error" not in "".join(capsys.readouterr())
