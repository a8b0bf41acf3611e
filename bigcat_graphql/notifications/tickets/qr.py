"""Ticket codes as QR pictures, SVG and PNG."""

import struct
import zlib
from functools import lru_cache
from io import BytesIO

import segno

# What phones and hand scanners expect around the modules, ISO/IEC 18004.
_QUIET_MODULES = 4
_SIDE_PIXELS = 512
_MASK = 3


def draw_svg(code: str, *, title: str) -> bytes:
    """Draw a code as SVG of any size, black on white, with a name for screen readers."""
    picture = BytesIO()
    _encode(code).save(
        picture,
        kind="svg",
        border=_QUIET_MODULES,
        light="#fff",
        title=title,
        xmldecl=False,
        omitsize=True,
    )
    return picture.getvalue()


def draw_png(code: str) -> bytes:
    """Draw a code as PNG, 512 pixels square.

    Modules are whole pixels, the same for all, or scanners see edges that are none; what is left
    over widens the quiet zone.
    """
    modules = _encode(code).matrix
    scale = _SIDE_PIXELS // (len(modules) + 2 * _QUIET_MODULES)
    before = (_SIDE_PIXELS - len(modules) * scale) // 2
    blank = _write_line("")
    lines = [blank] * before
    for row in modules:
        dots = "".join(("0" if dark else "1") * scale for dark in row)
        lines += [_write_line("1" * before + dots)] * scale
    return _write_png(b"".join(lines + [blank] * (_SIDE_PIXELS - len(lines))))


@lru_cache(maxsize=64)
def _encode(code: str) -> segno.QRCode:
    # Level M reads with 15 % of it creased or glared over; capitals take the alphanumeric mode.
    # Kept for a while: a mail shows the same code in its text and on the page beside it. One mask
    # for all: to find the best of eight takes 5 ms, and signed codes are noise under each.
    return segno.make(code, error="m", micro=False, mask=_MASK)


def _write_line(dots: str) -> bytes:
    """Write pixels, 1 is white, as a line of PNG without a filter; white to its end."""
    return b"\x00" + int(dots.ljust(_SIDE_PIXELS, "1"), 2).to_bytes(_SIDE_PIXELS // 8, "big")


def _write_png(lines: bytes) -> bytes:
    """Write lines as a PNG of one bit a pixel, where 0 is black."""
    size = struct.pack(">IIBBBBB", _SIDE_PIXELS, _SIDE_PIXELS, 1, 0, 0, 0, 0)
    parts = ((b"IHDR", size), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
