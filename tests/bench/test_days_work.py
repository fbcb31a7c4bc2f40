"""The benchmark of a day's work runs, on both engines. Nothing is timed here."""

import pytest

from tests.bench.days_work import main


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_every_contender_takes_a_small_days_work_and_stands_in_the_table(engine, capsys):
    main(
        [
            engine,
            *[
                "--rounds",
                "1",
                "--households",
                "3",
                "--records",
                "5",
                "--operations",
                "20",
                "--phones",
                "2",
                "--sizes",
                "1",
                "10",
            ],
        ]
    )

    table = capsys.readouterr().out
    for contender in ("ours fresh", "ours lived", "plain"):
        for size in (1, 10):
            assert f"{contender}, 2 phones, {size} a delivery" in table
    assert "a look at the map meanwhile" in table
    assert "CPU of ours lived : fresh" in table
