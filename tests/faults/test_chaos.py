"""I1, I2, I9, O20: everything at once, judged by an oracle of its own (`chaos.py`): 1,000 sequences on each database, any
number with `-m long`."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.chaos import Chaos, Totals
from tests.faults.test_model import no_pull
from tests.installations import an_installation
from tests.people import NOW
from volunteer_app.copies import make, restore, trial
from volunteer_app.storage.database import Database

SEQUENCES, WAVE = 1_000, 50


def run(url: str, folder: Path, seed: int, sequences: int, first: int = 0) -> Totals:
    """Waves, every tenth of them copied before and lost again, once or twice; then the phones send all of it anew.
    `first`: the first family's number, where others are there already."""
    totals = Totals()

    async def work() -> None:
        database = Database(url)
        chaos = Chaos(database, seed, totals, first)
        try:
            for wave in range(max(1, sequences // WAVE)):
                is_lost = wave % 10 == 3
                settings = await asyncio.to_thread(an_installation, url, folder) if is_lost else None
                if settings:
                    await chaos.database.close()
                    moment = NOW + timedelta(seconds=wave)
                    copy = await asyncio.to_thread(make.make, settings, folder / f"copies {seed}", moment)
                    chaos.database = Database(url)
                await chaos.wave(WAVE, with_desk=not is_lost)
                if settings:
                    await chaos.database.close()
                    for again in range(1 + wave // 10 % 2):
                        later = NOW + timedelta(days=wave + again, seconds=seed)
                        await asyncio.to_thread(restore.restore, settings, copy, later)
                        totals.deeds["restore"] += 1
                    chaos.database = Database(url)
            await chaos.judge()
        finally:
            await chaos.database.close()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(trial, "_pull", no_pull)  # a second each; tests/copies pulls
        asyncio.run(work())
    return totals


def test_o20_i1_i2_i9_a_thousand_sequences_come_out_as_the_oracle_says(database_url, tmp_path):
    totals = run(database_url, tmp_path, 20, SEQUENCES)

    print(totals)
    assert totals.faults[:5] == [] and totals.sequences == SEQUENCES


@pytest.mark.long
def test_o20_chaos_for_long(database_url, tmp_path, request):
    """`--steps 1000000`: so many operations."""
    most, sums, seed = request.config.getoption("--steps"), Totals(), 100
    while sums.operations < most:
        totals = run(database_url, tmp_path, seed, SEQUENCES, sums.sequences)
        assert totals.faults[:5] == [], f"seed {seed}"
        sums.sequences += totals.sequences
        sums.operations += totals.operations
        sums.sent += totals.sent
        sums.deeds += totals.deeds
        seed += 1
    print(f"\nchaos: {sums}")
