"""The calendar file (A7): whole days, escaped, folded by bytes, the same entry under the same id."""

from datetime import UTC, date, datetime

from volunteer_app.domain.calendar_file import Entry, calendar_file

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_a7_an_entry_covers_its_days_and_reminds_in_the_morning():
    text = calendar_file(
        [Entry("x@y", date(2026, 11, 24), date(2026, 11, 30), "NT-001, Nà Thử; quay lại")], "a", NOW
    )

    assert "DTSTART;VALUE=DATE:20261124\r\nDTEND;VALUE=DATE:20261201\r\n" in text
    assert "SUMMARY:NT-001\\, Nà Thử\\; quay lại\r\n" in text
    assert "TRIGGER:PT7H" in text
    assert text.startswith("BEGIN:VCALENDAR\r\n") and text.endswith("END:VCALENDAR\r\n")


def test_long_lines_are_folded_between_letters():
    text = calendar_file(
        [Entry("x", date(2026, 1, 1), date(2026, 1, 1), "Đường lên đỉnh đèo " * 12)], "a", NOW
    )

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "Đường lên đỉnh đèo " * 12 in text.replace("\r\n ", "")
