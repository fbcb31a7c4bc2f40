"""What guessing costs: later answers for an address, longer codes in a flood, readings by program; all in bounded memory."""

import pytest

from volunteer_app import limits
from volunteer_app.limits import BUDGET, MOST_READINGS, WINDOW_SECONDS, Readings, WrongCodes


def test_wrong_codes_of_an_address_are_answered_later_and_later_up_to_half_a_minute():
    wrong = WrongCodes()

    assert [wrong.delay_after("10.0.0.1", 0.0) for _ in range(11)] == [0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30]
    assert wrong.delay_after("10.0.0.2", 0.0) == 0


@pytest.mark.parametrize(("after", "delay"), [(WINDOW_SECONDS - 1, 1.0), (WINDOW_SECONDS, 0.0)])
def test_after_a_quarter_of_an_hour_an_address_begins_anew(after, delay):
    wrong = WrongCodes()
    for _ in range(3):
        wrong.delay_after("10.0.0.1", 0.0)

    assert wrong.delay_after("10.0.0.1", float(after)) == delay


def test_whoever_has_a_network_of_ipv6_has_one_address():
    wrong = WrongCodes()
    delays = [wrong.delay_after(f"2001:db8:1:2::{number}", 0.0) for number in range(4)]

    assert delays[-1] == 1.0 and wrong.delay_after("2001:db8:1:3::1", 0.0) == 0.0
    assert [wrong.delay_after("no address", 0.0) for _ in range(4)][-1] == 1.0


def test_when_the_memory_is_full_the_address_that_was_quiet_longest_goes_and_no_other(monkeypatch):
    monkeypatch.setattr(limits, "MOST_ADDRESSES", 3)
    wrong = WrongCodes()
    for _ in range(4):
        wrong.delay_after("lively", 0.0)
    for address in ("quiet", "b"):
        wrong.delay_after(address, 1.0)
    wrong.delay_after("lively", 2.0)
    wrong.delay_after("c", 3.0)

    assert set(wrong._of_address) == {"lively", "b", "c"}
    assert wrong.delay_after("lively", 4.0) == 4.0


@pytest.mark.parametrize(("last", "is_flood"), [(WINDOW_SECONDS - 1.0, True), (float(WINDOW_SECONDS), False)])
def test_a_flood_is_as_many_wrong_codes_as_the_budget_within_a_quarter_of_an_hour(last, is_flood):
    wrong = WrongCodes()
    for number in range(BUDGET - 1):
        wrong.delay_after(f"10.{number >> 8}.{number & 255}.1", 0.0)

    assert not wrong.is_flood(0.0)
    wrong.delay_after("one more", 0.0)
    assert wrong.is_flood(last) is is_flood


def test_a_program_reads_its_number_of_times_in_a_quarter_of_an_hour_and_slows_no_other():
    reading = Readings()

    assert all(reading.may("a", 0.0) for _ in range(MOST_READINGS))
    assert not reading.may("a", WINDOW_SECONDS - 1.0)
    assert reading.may("b", 1.0)
    assert reading.may("a", float(WINDOW_SECONDS))
