"""Codes that a low-end camera can read: small, with a quiet zone, and read back by two readers that we did not write."""

import re

import pytest

from tests.qr_readers import drawn, zbar, zxing
from volunteer_app.domain.short_links import (
    ALPHABET,
    BADGE_LETTERS,
    POSTER_LETTERS,
    badge_path,
    guide_path,
    new_code,
    poster_path,
    read_code,
    scanned,
    typed,
)
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides
from volunteer_app.qr_codes import (
    LARGEST_VERSION,
    QUIET_ZONE,
    TooLong,
    matrix_of,
    svg_of,
    version_of,
)

ORIGINS = ("https://tungnha.vn", "https://hotro.tuyenquang.gov.vn")


def every_address(origin):
    for guide in all_guides():
        yield scanned(origin, guide_path(guide.number))
        for language in LANGUAGES:
            yield from (
                scanned(origin, guide_path(guide.number, n, language)) for n in range(len(guide.steps) + 1)
            )
    yield scanned(origin, poster_path("7K3F9X"))
    yield scanned(origin, badge_path("84F24SK5GYP33KZR"))


@pytest.mark.parametrize("origin", ORIGINS)
def test_c3_every_code_is_read_back_by_two_readers(origin, tmp_path):
    addresses = list(dict.fromkeys(every_address(origin)))
    pictures = [drawn(svg_of(address)) for address in addresses]

    assert len(addresses) > 500
    assert [zxing(picture) for picture in pictures] == [[address] for address in addresses]
    assert zbar(pictures, tmp_path) == addresses


@pytest.mark.parametrize("origin", [*ORIGINS, "http://localhost:65535"])
def test_c3_every_code_is_small_and_has_a_quiet_zone(origin):
    addresses = list(every_address(origin))
    if origin not in ORIGINS:  # elsewhere the squares were looked at one by one; here only how large it gets
        addresses = sorted(addresses, key=len)[-10:]
    for address in addresses:
        matrix = matrix_of(address)
        svg = svg_of(address)
        size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])

        assert version_of(matrix) <= LARGEST_VERSION
        assert size == len(matrix) + 2 * QUIET_ZONE
        inside = [tuple(map(int, box)) for box in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg)]
        assert min(x for x, _, _ in inside) == min(y for _, y, _ in inside) == QUIET_ZONE
        assert max(x + length for x, _, length in inside) == size - QUIET_ZONE


def test_c3_a_code_that_keeps_a_language_heard_at_home_is_small_too():
    for origin in ORIGINS:
        last = max(all_guides(), key=lambda guide: (guide.number > 9, len(guide.steps)))
        matrix = matrix_of(scanned(origin, guide_path(last.number, len(last.steps), "hmn")))
        assert version_of(matrix) <= LARGEST_VERSION


def test_an_address_too_long_for_a_small_code_is_refused():
    with pytest.raises(TooLong):
        svg_of("HTTPS://" + "A" * 70)


def test_correction_is_raised_where_it_costs_nothing():
    short, long = matrix_of("HTTPS://A.VN/G/3"), matrix_of("HTTPS://A.VN/G/3" + "0" * 40)

    assert _level(short) in ("Q", "H")
    assert _level(long) == "M"


def _level(matrix):
    """The level as the code itself says it, in the two bits beside the first finder (ISO/IEC 18004, 7.9.1)."""
    bits = (matrix[8][0] << 1 | matrix[8][1]) ^ 0b10
    return {0b01: "L", 0b00: "M", 0b11: "Q", 0b10: "H"}[bits]


def test_a_label_is_read_out_and_cannot_break_out():
    assert 'role="img" aria-label="&#34;&gt;&lt;b&gt;"' in svg_of("HTTPS://A.VN", '"><b>')
    assert 'aria-hidden="true"' in svg_of("HTTPS://A.VN")


def test_codes_have_no_letters_that_people_mix_up():
    assert not set(ALPHABET) & set("01ILOAEU")
    assert len({new_code(BADGE_LETTERS) for _ in range(200)}) == 200
    assert all(read_code(new_code(n), n) for n in (POSTER_LETTERS, BADGE_LETTERS))


@pytest.mark.parametrize("text", ["", "7K3F9", "7K3F9XX", "7K3F9O", "7K3F9é", "7K3 9X", "²²²²²²"])
def test_what_cannot_be_a_code_is_none(text):
    assert read_code(text, POSTER_LETTERS) is None


def test_a_code_typed_in_small_letters_is_read():
    assert read_code(" 7k3f9x ", POSTER_LETTERS) == "7K3F9X"


def test_people_type_the_address_without_the_scheme():
    assert typed("https://tungnha.vn", guide_path(3)) == "tungnha.vn/g/3"
