"""Ticket codes as QR pictures, SVG and PNG."""

import struct
import zlib
from io import BytesIO

import segno

# What phones and hand scanners expect around the modules, ISO/IEC 18004.
_QUIET_MODULES = 4
_SIDE_PIXELS = 512


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
    qr = _encode(code)
    modules = qr.symbol_size(border=_QUIET_MODULES)[0]
    scale = _SIDE_PIXELS // modules
    rows = [bytes(row) for row in qr.matrix_iter(scale=scale, border=_QUIET_MODULES)]
    return _write_png([_widen(row, b"\x00") for row in _frame(rows)])


def _encode(code: str) -> segno.QRCode:
    # Level M reads with 15 % of it creased or glared over; capitals take the alphanumeric mode.
    return segno.make(code, error="m", micro=False)


def _frame(rows: list[bytes]) -> list[bytes]:
    missing = _SIDE_PIXELS - len(rows)
    blank = bytes(len(rows))
    return [blank] * (missing // 2) + rows + [blank] * (missing - missing // 2)


def _widen(row: bytes, light: bytes) -> bytes:
    missing = _SIDE_PIXELS - len(row)
    return light * (missing // 2) + row + light * (missing - missing // 2)


def _write_png(rows: list[bytes]) -> bytes:
    """Write rows of dark (1) and light (0) pixels as a PNG of one bit a pixel."""
    lines = b"".join(b"\x00" + _pack(row) for row in rows)
    size = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 1, 0, 0, 0, 0)
    parts = ((b"IHDR", size), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _pack(row: bytes) -> bytes:
    # In a picture of grey shades 0 is black: light pixels are the ones.
    bits = "".join("0" if dark else "1" for dark in row)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
