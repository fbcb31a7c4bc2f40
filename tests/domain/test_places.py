from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from volunteer_app.domain.places import (
    Hamlet,
    HamletPredecessor,
    full_hamlet_name,
    is_valid_on,
    place_order,
    predecessors_of,
    successors_of,
    usual_hamlet_kind,
)


def a_hamlet(**changes) -> Hamlet:
    facts = {
        "province_code": "08",
        "id": UUID(int=1),
        "commune_code": "02332",
        "name": "Nà Lung",
        "kind": "thôn",
    }
    return Hamlet(**facts | changes)


def links(*pairs: tuple[int, int]) -> list[HamletPredecessor]:
    """Links written as (new hamlet, old hamlet)."""
    return [
        HamletPredecessor(province_code="08", hamlet_id=UUID(int=new), predecessor_id=UUID(int=old))
        for new, old in pairs
    ]


def ids(*numbers: int) -> set[UUID]:
    return {UUID(int=number) for number in numbers}


def test_a_hamlet_stands_from_its_first_to_its_last_day():
    hamlet = a_hamlet(valid_from=date(2025, 7, 1), valid_to=date(2026, 6, 30))

    days = [date(2025, 6, 30), date(2025, 7, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [is_valid_on(hamlet, day) for day in days] == [False, True, True, False]
    assert is_valid_on(a_hamlet(), date(1900, 1, 1))


def test_a_merger_has_all_its_predecessors_and_one_successor():
    merged = links((3, 1), (3, 2))

    assert predecessors_of(UUID(int=3), merged) == ids(1, 2)
    assert successors_of(UUID(int=1), merged) == successors_of(UUID(int=2), merged) == ids(3)
    assert successors_of(UUID(int=3), merged) == set()


def test_a_split_has_several_successors_and_mergers_chain():
    split_then_merged = links((2, 1), (3, 1), (5, 3), (5, 4))

    assert successors_of(UUID(int=1), split_then_merged) == ids(2, 5)
    assert predecessors_of(UUID(int=5), split_then_merged) == ids(1, 3, 4)


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=12), st.integers(1, 6))
def test_any_links_even_circles_come_to_an_end_and_agree_both_ways(pairs, start):
    all_links = links(*pairs)

    ancestors = predecessors_of(UUID(int=start), all_links)

    assert UUID(int=start) not in ancestors
    for heir in successors_of(UUID(int=start), all_links):
        assert UUID(int=start) in predecessors_of(heir, all_links)


def test_hamlets_stand_in_the_communes_order_then_by_name():
    hamlets = [a_hamlet(name="Thôn 10"), a_hamlet(name="Thôn 2"), a_hamlet(name="Ăn", position=-1)]

    assert [hamlet.name for hamlet in sorted(hamlets, key=place_order)] == ["Ăn", "Thôn 2", "Thôn 10"]


def test_the_kind_stands_before_the_name_once():
    assert full_hamlet_name(a_hamlet()) == "thôn Nà Lung"
    assert full_hamlet_name(a_hamlet(name="Bản Ho 1")) == "Bản Ho 1"
    assert full_hamlet_name(a_hamlet(name="Bảng Lãng")) == "thôn Bảng Lãng"


def test_wards_have_residential_groups_and_communes_have_hamlets():
    assert [usual_hamlet_kind(kind) for kind in ("Phường", "Xã", "Đặc khu")] == ["tổ dân phố", "thôn", "thôn"]
