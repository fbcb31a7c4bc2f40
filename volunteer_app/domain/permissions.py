"""Who may see and do what, one function per question. Queries take a Scope; none exists without one."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from uuid import UUID

from volunteer_app.domain.people import Role


@dataclass(frozen=True)
class Scope:
    """The places somebody may see at this moment. Made by `member_scope` and `program_scope`, narrowed by `within`.

    commune_code: None for the whole province.
    hamlet_ids: None for every hamlet of the commune or province.
    is_program: not a person but a program that reads figures; person_id is then its own.
    is_narrowed: looks into a place of theirs; it shows less, and allows no more than before.
    """

    person_id: UUID
    role: Role
    province_code: str
    commune_code: str | None = None
    hamlet_ids: frozenset[UUID] | None = None
    is_program: bool = False
    is_narrowed: bool = False

    @property
    def own_commune(self) -> str | None:
        """The commune that they answer for; None for who answers for the province, whichever commune they look into."""
        return None if self.is_narrowed else self.commune_code

    def within(self, commune_code: str | None) -> "Scope":
        """The same scope, looking into one commune (None: into all of it). Raises ValueError outside of the scope."""
        if commune_code == self.commune_code:
            return self
        if self.commune_code is not None:
            raise ValueError(f"commune {commune_code} is outside of the scope")
        return replace(self, commune_code=commune_code, is_narrowed=True)


def member_scope(
    person_id: UUID,
    role: Role,
    province_code: str,
    commune_code: str | None = None,
    hamlet_ids: Collection[UUID] = (),
) -> Scope:
    """What a membership opens. Only volunteers are held to hamlets: to those named, so to none when none is."""
    held_to = frozenset(hamlet_ids) if role is Role.VOLUNTEER else None
    return Scope(person_id, role, province_code, commune_code, held_to)


def program_scope(program_id: UUID, province_code: str, commune_code: str | None = None) -> Scope:
    """What another program reads: figures, as a reviewer does, and never small ones."""
    return Scope(program_id, Role.REVIEWER, province_code, commune_code, is_program=True)


def may_see_commune(scope: Scope, province_code: str, commune_code: str) -> bool:
    """Is this commune inside the scope?"""
    return scope.province_code == province_code and scope.commune_code in (None, commune_code)


def may_see_figures(scope: Scope) -> bool:
    """Coverage maps and reports: everybody who answers for a place."""
    return scope.role in (Role.LEADER, Role.REVIEWER, Role.ADMIN)


def may_see_small_figures(scope: Scope) -> bool:
    """Cells of fewer than 5 households are shown only inside the commune that they belong to, and never to programs:
    who reads behind them, nobody knows."""
    if scope.is_program:
        return False
    return scope.role in (Role.LEADER, Role.ADMIN) or scope.own_commune is not None


def may_let_programs_in(scope: Scope) -> bool:
    """Who lets other programs read the figures of their place, and stops them."""
    return scope.role is Role.ADMIN or (scope.role is Role.LEADER and scope.own_commune is not None)


def may_see_records(scope: Scope, province_code: str, commune_code: str) -> bool:
    """The named records behind a total: only those who lead, and only inside their own commune."""
    return (
        scope.role in (Role.LEADER, Role.ADMIN)
        and scope.province_code == province_code
        and scope.own_commune == commune_code
    )


def may_work_in_the_field(scope: Scope) -> bool:
    """Whose phone carries households and sends operations."""
    return scope.role in (Role.VOLUNTEER, Role.LEADER)


def may_see_team(scope: Scope) -> bool:
    """Who is on the team, and what their phones have sent."""
    return scope.role in (Role.LEADER, Role.ADMIN)


def may_lead(scope: Scope) -> bool:
    """Who gives out hamlets, looks after returns and settles what needs a decision, in a commune of their own."""
    return scope.role is Role.LEADER and scope.own_commune is not None


def may_invite(scope: Scope, role: Role) -> bool:
    """Who lets whom in: leaders their volunteers and a second leader, administrators everybody."""
    return scope.role is Role.ADMIN or (
        scope.role is Role.LEADER and role in (Role.VOLUNTEER, Role.LEADER) and scope.own_commune is not None
    )


def may_second_recovery(scope: Scope) -> bool:
    """Who may be the second to recognise somebody who lost their phone: another leader, the commune's officer of the
    Front, an administrator."""
    return scope.role in (Role.LEADER, Role.REVIEWER, Role.ADMIN)


def may_see_audit(scope: Scope) -> bool:
    """Who sees who did what: leaders for their commune, administrators for the province."""
    return scope.role in (Role.LEADER, Role.ADMIN)


def may_watch_the_server(scope: Scope) -> bool:
    """Who sees how the server is: whoever answers for a whole province, administrators first of all."""
    return scope.role is Role.ADMIN or (
        scope.role is Role.REVIEWER and scope.own_commune is None and not scope.is_program
    )


def may_answer_privacy_requests(scope: Scope) -> bool:
    """Who answers what people ask about their data, exports and erases."""
    return scope.role in (Role.LEADER, Role.ADMIN)


def may_edit_guides(scope: Scope) -> bool:
    """Who sees the guides' desk."""
    return scope.role in (Role.EDITOR, Role.ADMIN)


def may_record(scope: Scope) -> bool:
    """Who lends their voice: everybody who works with families or guides."""
    return scope.role in (Role.VOLUNTEER, Role.LEADER, Role.EDITOR, Role.ADMIN)


def may_review_voices(scope: Scope) -> bool:
    """Who may be the second person who publishes a recording or a translation."""
    return scope.role in (Role.LEADER, Role.EDITOR, Role.ADMIN)


def may_answer_requests(scope: Scope) -> bool:
    """Who sees who asked for a visit, and says what became of it."""
    return scope.role in (Role.LEADER, Role.ADMIN)


def may_give_badges(scope: Scope) -> bool:
    """Who gives badges to the team and revokes them."""
    return scope.role in (Role.LEADER, Role.ADMIN)


def may_keep_facilities(scope: Scope) -> bool:
    """Who keeps the list of places where citizens are helped."""
    return scope.role in (Role.LEADER, Role.ADMIN)


def may_make_posters(scope: Scope) -> bool:
    """Who makes posters, household cards and stickers."""
    return scope.role in (Role.LEADER, Role.EDITOR, Role.ADMIN)
