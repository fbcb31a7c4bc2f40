"""Every sentence of docs/operating.md is held by a test, on both databases where there are two, or says why not."""

import pytest

from tests import operating

WITHOUT_A_TEST = ("**advice**", "**limit**")


def test_the_table_says_what_the_document_says():
    """Else: `.venv/bin/python -m tests.operating`, then say what holds the new sentence."""
    assert operating.FILE.read_text("utf-8") == operating.table()


@pytest.mark.parametrize("said", operating.held())
def test_a_sentence_names_what_holds_it(said):
    by = operating.held()[said]
    named = operating.tests_in(by)

    assert named or any(mark in by for mark in WITHOUT_A_TEST), by
    assert [name for name in named if not operating.is_there(name)] == []
    assert len(operating.engines(by)) != 1 or "**one**" in by, "held on one database only"


def test_a_sentence_with_nothing_behind_it_and_one_on_one_database_are_found(monkeypatch, tmp_path):
    paper = tmp_path / "paper.md"
    paper.write_text("# Said\n\nNothing is ever lost. It is fast, too.\n\n```sh\nnot said\n```\n")
    monkeypatch.setattr(operating, "SAID", paper)
    monkeypatch.setattr(operating, "FILE", tmp_path / "table.md")
    rows = operating.table()

    assert rows.count(operating.NOTHING) == 2 and "not said" not in rows
    assert operating.engines("`test_d11_nobody_opens_a_file_in_whose_place_a_copy_is_put`") == {"sqlite"}
    assert operating.engines("`test_d11_fifty_damaged_copies_are_refused_and_the_living_rows_stay`") == {
        "sqlite",
        "postgresql",
    }
