"""A guide read as one page: which answers rule out which parts.

A page without scripts can only ask "are these answers chosen?". So for every part we name the fewest answers that
together rule it out; a question not answered yet rules out nothing. An answer to a question that has fallen away
(chosen before, then something else was chosen above it) must not matter, and with these combinations it does not.
"""

from collections.abc import Callable, Iterator
from itertools import combinations, product

from volunteer_app.domain.guides.guide import Answers, Guide, Key, Step, applies, paths

Chosen = dict[Key, Key]
"""The option chosen for each question; questions not answered yet are left out."""


def ruled_out_by(guide: Guide, part: Step | Answers) -> list[Chosen]:
    """The smallest combinations of answers under which a reader does not need this part.

    part: a step, or the `only_if` of anything else; a path that stops before a step rules it out too.
    """
    return _smallest(guide, _needs(guide, part))


def is_ruled_out(combinations: list[Chosen], chosen: Chosen) -> bool:
    """Do the answers chosen so far rule the part out?"""
    return any(combination.items() <= chosen.items() for combination in combinations)


def implied_answers(guide: Guide, step: Step) -> Chosen:
    """What a reader who stands at this step must have answered, as far as only one answer leads there."""
    found: Chosen = {}
    ways = [path.answers for path in paths(guide) if step in path.steps]
    for situation in guide.situations:
        given = {way.get(situation.key) for way in ways}
        if len(given) == 1 and (only := given.pop()) is not None:
            found[situation.key] = only
    return found


def _needs(guide: Guide, part: Step | Answers) -> Callable[[Chosen], bool]:
    ways = list(paths(guide))

    def needs(chosen: Chosen) -> bool:
        path = next(path for path in ways if path.answers.items() <= chosen.items())
        return part in path.steps if isinstance(part, Step) else applies(part, path.answers)

    return needs


def _smallest(guide: Guide, needs: Callable[[Chosen], bool]) -> list[Chosen]:
    whole = list(_every_choice(guide, tuple(s.key for s in guide.situations)))
    found: list[Chosen] = []
    for size in range(1, len(guide.situations) + 1):
        for keys in combinations((s.key for s in guide.situations), size):
            for chosen in _every_choice(guide, keys):
                if is_ruled_out(found, chosen):
                    continue
                if not any(needs(choice) for choice in whole if chosen.items() <= choice.items()):
                    found.append(chosen)
    return found


def _every_choice(guide: Guide, keys: tuple[Key, ...]) -> Iterator[Chosen]:
    options = [[o.key for o in s.options] for s in guide.situations if s.key in keys]
    for picked in product(*options):
        yield dict(zip(keys, picked, strict=True))
