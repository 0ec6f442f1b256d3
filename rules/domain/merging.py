"""Which cases may become one: of one person, or of one home and family of trouble (centre.md, 14)."""

from __future__ import annotations

from dataclasses import dataclass

from rules.domain.vocabulary import Family


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """Whom a case is about."""

    family: Family
    resident_id: int | None
    premises_id: int | None


def may_merge(gone: Party, stays: Party) -> bool:
    """Whether the one may be taken into the other; everything else is a link.

    Two people are never one case, not even of one home; a technical case takes in no alarm, and is in none.
    """
    if (gone.family is Family.TECHNICAL) is not (stays.family is Family.TECHNICAL):
        return False
    if gone.resident_id is not None and stays.resident_id is not None:
        return gone.resident_id == stays.resident_id
    same_home = gone.premises_id is not None and gone.premises_id == stays.premises_id
    return same_home and gone.family is stays.family
