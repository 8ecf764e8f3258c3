"""What a closed list of values looks like on a screen: of each, its word, its icon, its tone."""

from __future__ import annotations

from enum import StrEnum


class Shown(StrEnum):
    """A value that people see. Never colour alone: a state has its word and its icon (WCAG 2.2, 1.4.1)."""

    label: str
    icon: str
    ton: str

    def __new__(cls, value: str, label: str = "", icon: str = "", ton: str = "neutre") -> Shown:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.icon, member.ton = label, icon, ton
        return member
