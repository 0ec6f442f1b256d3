from __future__ import annotations

from pathlib import Path

from rules.domain.supervision_print import to_markdown

PAGE = Path(__file__).parents[4] / "docs" / "supervision.md"


def test_the_page_shows_the_tables_as_they_are() -> None:
    assert to_markdown() in PAGE.read_text(encoding="utf-8")
