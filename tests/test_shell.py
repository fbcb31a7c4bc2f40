"""What wraps every answer."""

import pytest

from volunteer_app.shell import comes_from_us, language_and_path

OURS = "https://tungnha.example"


@pytest.mark.parametrize(
    ("path", "accepted", "expected"),
    [
        ("/vi/coverage", "", ("vi", "/coverage")),
        ("/en/coverage/08", "vi", ("en", "/coverage/08")),
        ("/en", "", ("en", "/")),
        ("/vi/", "", ("vi", "/")),
        ("/api/v1/ops", "en-GB", ("en", "/api/v1/ops")),
        ("/api/v1/ops", "fr", ("vi", "/api/v1/ops")),
        ("/", "", ("vi", "/")),
        ("/hmn/coverage", "", ("vi", "/hmn/coverage")),
    ],
)
def test_the_language_stands_in_the_address(path, accepted, expected):
    assert language_and_path(path, accepted) == expected


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({b"sec-fetch-site": b"same-origin"}, True),
        ({b"sec-fetch-site": b"same-site"}, False),
        ({b"sec-fetch-site": b"cross-site"}, False),
        ({b"sec-fetch-site": b"none"}, False),
        ({b"sec-fetch-site": b"cross-site", b"origin": OURS.encode()}, False),
        ({b"origin": OURS.encode()}, True),
        ({b"origin": b"https://tungnha.example.evil.example"}, False),
        ({b"origin": b"null"}, False),
        ({}, False),
    ],
)
def test_only_our_own_pages_may_change_anything(headers, is_ours):
    assert comes_from_us(headers, OURS) is is_ours
