"""Pictures of codes, read back by another program."""

import re

import pytest

from bigcat_graphql.notifications.tickets.qr import draw_png, draw_svg
from tests.notifications.tickets.pictures import read_codes, read_grey

_CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 4 + "ABCDEFGHIJKLMNOPQRSTUVWX"


@pytest.mark.parametrize("code", [_CODE, _CODE[::-1], "A"])
def test_the_png_is_read_back_and_has_512_pixels_a_side(code: str) -> None:
    png = draw_png(code)

    assert read_codes(png) == [code]
    assert read_grey(png)[:2] == (512, 512)


def test_the_png_has_its_quiet_zone_and_only_whole_modules() -> None:
    width, _, grey = read_grey(draw_png(_CODE))
    rows = [grey[n : n + width] for n in range(0, len(grey), width)]
    dark = [y for y, row in enumerate(rows) if 0 in row]
    scale = 512 // (41 + 2 * 4)

    assert min(dark) >= 4 * scale
    assert max(dark) < 512 - 4 * scale
    assert max(dark) - min(dark) + 1 == 41 * scale


def test_the_svg_has_a_name_a_quiet_zone_and_nothing_that_runs() -> None:
    svg = draw_svg(_CODE, title='<script>"&').decode()

    assert "<title>&lt;script&gt;" in svg
    assert 'viewBox="0 0 49 49"' in svg
    assert 'd="M0 0h49v49h-49z"' in svg, "white below, whatever the page is"
    assert set(re.findall(r"<(\w+)", svg)) == {"svg", "title", "path"}
