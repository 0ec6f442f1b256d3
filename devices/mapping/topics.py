"""Topics in a mapping file: `vendor/{product}/{device}/up`, with the wildcards of MQTT."""

from __future__ import annotations

import re
from typing import Final

from devices.mapping.model import Topics
from devices.mapping.tables import Reader

_NAME: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_TOPICS_MAX: Final = 16
#: More would leave open which name has which part, and take long to try.
_NAMES_MAX: Final = 2


def topics(message: Reader) -> Topics | None:
    """Return the topics that messages of this kind come on; None: any."""
    texts = [text for text in message.scalars("topic") if isinstance(text, str)]
    if not texts:
        if "topic" in message:
            message.note("topic", 'expected a topic such as "vendor/{device}/up", or an array of them')
        return None
    if len(texts) > _TOPICS_MAX:
        message.note("topic", f"expected at most {_TOPICS_MAX} topics")
        return None
    patterns = [pattern for text in texts if (pattern := _pattern(message, text)) is not None]
    levels = frozenset(name for pattern in patterns for name in pattern.groupindex)
    return Topics(texts=tuple(texts), patterns=tuple(patterns), levels=levels)


def _pattern(message: Reader, text: str) -> re.Pattern[str] | None:
    parts = []
    levels = text.split("/")
    for place, level in enumerate(levels, start=1):
        if level == "#" and place == len(levels):
            parts.append(".*")
        elif level == "+":
            parts.append("[^/]*")
        elif "#" in level or "+" in level:
            message.note("topic", f'"{text}": + stands for a whole level, # for all that follow')
            return None
        elif len(_NAME.findall(level)) > _NAMES_MAX or "}{" in level:
            message.note("topic", f'"{text}": a level has at most {_NAMES_MAX} names, and something between them')
            return None
        else:
            parts.append(_level(level))
    try:
        return re.compile("/".join(parts))
    except re.error:
        message.note("topic", f'"{text}": each name stands in it once')
        return None


def _level(text: str) -> str:
    """A level may have a name for a part of it: `{device}`, `dev-{serial}`."""
    at, pattern = 0, ""
    for found in _NAME.finditer(text):
        pattern += re.escape(text[at : found.start()]) + f"(?P<{found[1]}>[^/]+)"
        at = found.end()
    return pattern + re.escape(text[at:])
