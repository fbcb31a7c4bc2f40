import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.free_text import ID_NUMBER, problems_with_text

GOLDEN = Path(__file__).parent.parent / "golden" / "free_text.json"


@pytest.mark.parametrize(("text", "is_refused"), json.loads(GOLDEN.read_text(encoding="utf-8")))
def test_numbers_that_look_like_an_id_card_are_refused_as_on_the_phone(text, is_refused):
    assert problems_with_text(text) == ([ID_NUMBER] if is_refused else [])


@given(
    digits=st.text("0123456789", min_size=12, max_size=12),
    separator=st.sampled_from(["", " ", ".", "-", " - "]),
    size=st.integers(1, 6),
    before=st.sampled_from(["", "số ", "CCCD: ", "bà Lan, "]),
)
def test_twelve_digits_are_refused_however_they_are_grouped(digits, separator, size, before):
    groups = [digits[i : i + size] for i in range(0, 12, size)]

    written = before + separator.join(groups)

    is_date_like = separator in ("-", ".") and size in (2, 4)
    assert problems_with_text(written) or is_date_like


@given(st.text("0123456789", min_size=9, max_size=9).map(lambda d: "0" + d))
def test_a_phone_number_is_free(phone):
    assert problems_with_text(f"gọi {phone} nhé") == []
