"""A policy's file as the program reads it: the text, the policy, and every problem in one clear line each."""

from __future__ import annotations

from pathlib import Path

from rules.domain.policy_file import BYTES_MOST, PolicyRefused, Problem
from rules.domain.policy_lint import checked
from rules.domain.policy_value import Policy
from shouwang.errors import ShouwangError


class PolicyFileWrong(ShouwangError):
    """The policy's file cannot be used; each line names a place, what stands there and what would be right."""

    def __init__(self, path: Path, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        self.lines = tuple(f"SHOUWANG_POLICY: {path}: {problem.line()}" for problem in problems)
        super().__init__("\n".join(self.lines))


def text_of(path: Path) -> str:
    """The file's text; PolicyFileWrong where it cannot be read as such."""
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MOST + 1)
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    except OSError as error:
        why = error.strerror or type(error).__name__
    raise PolicyFileWrong(path, (Problem(place="file", value="", remedy=why),))


def policy_of(path: Path) -> tuple[str, Policy]:
    """The file's text and the policy it is, found fit by the lint; PolicyFileWrong with everything that is wrong."""
    text = text_of(path)
    try:
        return text, checked(text)
    except PolicyRefused as error:
        raise PolicyFileWrong(path, error.problems) from None
