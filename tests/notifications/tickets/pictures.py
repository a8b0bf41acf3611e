"""Reading pictures back: PNG as grey pixels, and what QR codes they show."""

import struct
import zlib
from collections.abc import Iterator

import zxingcpp

# Samples a pixel, by PNG's colour types.
_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def read_codes(png: bytes) -> list[str]:
    """Read the QR codes of a picture."""
    width, height, grey = read_grey(png)
    image = memoryview(grey).cast("B", (height, width))
    return [found.text for found in zxingcpp.read_barcodes(image)]


def read_grey(png: bytes) -> tuple[int, int, bytes]:
    """Read width, height and one byte a pixel; 1 or 8 bits a sample, not interlaced."""
    chunks = list(_chunks(png))
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks[0][1])
    data = zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    channels = _CHANNELS[colour]
    stride = (width * depth * channels + 7) // 8
    rows = list(_unfilter(data, stride, max(1, depth * channels // 8)))
    if depth == 1:
        return width, height, b"".join(_spread(row, width) for row in rows)
    return width, height, b"".join(row[::channels] for row in rows)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _unfilter(data: bytes, stride: int, step: int) -> Iterator[bytes]:
    above = bytes(stride)
    for at in range(0, len(data), stride + 1):
        row = bytearray(data[at + 1 : at + 1 + stride])
        for n in range(stride):
            left = row[n - step] if n >= step else 0
            corner = above[n - step] if n >= step else 0
            row[n] = (row[n] + _predict(data[at], left, above[n], corner)) & 255
        above = bytes(row)
        yield above


def _predict(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda each: abs(guess - each))
    return (0, left, up, (left + up) // 2)[kind]


def _spread(row: bytes, width: int) -> bytes:
    bits = "".join(f"{byte:08b}" for byte in row)
    return bytes(255 if bit == "1" else 0 for bit in bits[:width])
