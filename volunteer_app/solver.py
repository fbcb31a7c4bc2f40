"""The best plan for a task: hides the solver HiGHS (`highspy`) behind one function.

It runs in a process of its own (`python -m volunteer_app.solver`, task in, plan out), so that the server neither waits
for it nor keeps its memory.
"""

import asyncio
import logging
import os
import sys

import msgspec

from volunteer_app.domain.plans import LEFT_OUT, MOST_OVER, TOO_MUCH, Plan, Task, greedy, pairs_of, plan_from

log = logging.getLogger(__name__)

PATIENCE = 20.0
"""Seconds after which the best plan found so far is taken."""
DECIDED_AT_ONCE = 5_000
"""Up to so many possible pairs (a commune, several communes) everything is decided at once; a province in two steps."""
WHOLE = 0.999
"""A hamlet of which this share goes to somebody is theirs."""
GOOD_ENOUGH = 0.005
"""A plan this near to the best possible is taken at once."""


async def suggest(task: Task) -> Plan:
    """The best plan; the plain one when the solver is not there or does not answer."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "volunteer_app.solver",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(msgspec.json.encode(task)), PATIENCE + 10)
        return msgspec.json.decode(said, type=Plan)
    except (TimeoutError, msgspec.DecodeError):
        log.warning("plan.not_solved needs=%s hands=%s", len(task.needs), len(task.hands))
        if process.returncode is None:
            process.kill()
        return greedy(task)


def solve(task: Task) -> Plan:
    """The plan of least cost: every hamlet to one hand or left out, overload allowed at a price.

    A hamlet belongs to somebody whole; the solver decides all together, the plain plan one after the other.
    """
    import highspy  # a solver is loaded by those who solve

    pairs = pairs_of(task)
    highs = highspy.Highs()
    highs.silent()
    highs.setOptionValue("time_limit", PATIENCE)
    highs.setOptionValue("mip_rel_gap", GOOD_ENOUGH)
    order, endless = list(pairs), highspy.kHighsInf
    by_need: dict[int, list[int]] = {}
    by_hand: dict[int, list[int]] = {}
    for column, (i, j) in enumerate(order):
        by_need.setdefault(i, []).append(column)
        by_hand.setdefault(j, []).append(column)
    costs = list(pairs.values()) + [LEFT_OUT * task.needs[i].weight for i in by_need]
    tops = [1.0] * len(costs)
    for j in by_hand:
        capacity = max(1, task.hands[j].capacity)
        costs.append(TOO_MUCH / capacity)
        tops.append(MOST_OVER * capacity)
    for cost, top in zip(costs, tops, strict=True):
        highs.addCol(cost, 0, top, 0, [], [])
    for left_out, columns in enumerate(by_need.values(), start=len(order)):
        highs.addRow(1, 1, len(columns) + 1, [*columns, left_out], [1.0] * (len(columns) + 1))
    for over, (j, columns) in enumerate(by_hand.items(), start=len(order) + len(by_need)):
        households = [float(task.needs[order[column][0]].unmet) for column in columns]
        capacity = max(1, task.hands[j].capacity)
        highs.addRow(-endless, capacity, len(columns) + 1, [*columns, over], [*households, -1.0])
    if len(order) > DECIDED_AT_ONCE:
        highs.run()  # first as if a hamlet could be shared: nearly all go whole to somebody, and stay there
        for column, value in enumerate(highs.getSolution().col_value[: len(order)]):
            if value > WHOLE:
                highs.changeColBounds(column, 1, 1)
    for column in range(len(order)):
        highs.changeColIntegrality(column, highspy.HighsVarType.kInteger)
    highs.run()
    values = highs.getSolution().col_value
    if not values:
        return greedy(task)
    chosen = {i: j for (i, j), value in zip(order, values[: len(order)], strict=True) if value > 0.5}
    return plan_from(task, chosen)


def main() -> None:
    """Task from the standard input, plan to the standard output; what the library prints of itself goes elsewhere."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    out.write(msgspec.json.encode(solve(msgspec.json.decode(sys.stdin.buffer.read(), type=Task))))
    out.close()


if __name__ == "__main__":
    main()
