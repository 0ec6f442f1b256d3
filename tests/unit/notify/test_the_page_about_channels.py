"""The page for those who run it names every text to register as the program says it, and every kind and key."""

from __future__ import annotations

import tomllib
from pathlib import Path

from notify.channel import Language
from notify.templates import SAID, TEXTS
from shouwang.channel_settings import CHANNEL_KINDS

PAGE = Path(__file__).parents[3] / "docs" / "channels.md"


def table() -> str:
    """The texts as the page has them."""
    rows = ["| purpose | spoken (语音) | SMS (短信) |", "| --- | --- | --- |"]
    for purpose in SAID:
        words = TEXTS[purpose, Language.ZH]
        rows.append(f"| `{purpose}` | {words.spoken} | {words.sms} |")
    return "\n".join(rows)


def test_the_texts_to_register_are_those_that_are_said() -> None:
    assert table() in PAGE.read_text(encoding="utf-8")


def test_every_kind_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{kind}` |" in page for kind in CHANNEL_KINDS)


def test_the_example_names_only_keys_that_exist() -> None:
    example = PAGE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    for channel in tomllib.loads(example)["channels"]:
        assert set(channel) <= set(CHANNEL_KINDS[channel["kind"]].model_fields)
