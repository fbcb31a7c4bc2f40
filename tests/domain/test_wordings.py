"""What changed between two wordings, word by word."""

from volunteer_app.domain.wordings import WordingChange, changes


def test_what_is_gone_stands_before_what_came_in_its_place():
    found = changes("Bác bấm nút Gửi, rồi chờ.", "Bác bấm nút Nộp hồ sơ, rồi chờ.")

    assert found == [
        (WordingChange.SAME, "Bác bấm nút"),
        (WordingChange.GONE, "Gửi,"),
        (WordingChange.NEW, "Nộp hồ sơ,"),
        (WordingChange.SAME, "rồi chờ."),
    ]


def test_both_wordings_can_be_read_whole():
    before, now = "một hai ba", "hai bốn ba năm"
    found = changes(before, now)

    assert " ".join(words.text for words in found if words.change is not WordingChange.NEW) == before
    assert " ".join(words.text for words in found if words.change is not WordingChange.GONE) == now
