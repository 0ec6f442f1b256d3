"""Log lines: one JSON object each, a snake_case fact in the past tense with ids as fields, and nothing personal."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any, Final

import structlog

from shouwang.settings import LogFormat, LogLevel

#: Fields that would say who somebody is, where they are, or how to get in. Ids are enough to find the rest.
LEFT_OUT: Final = frozenset(
    {
        *("name", "phone", "number", "address", "birth_date", "identity", "lat", "lon", "location", "place"),
        *("password", "token", "secret", "dsn", "url", "payload", "note", "text"),
    }
)
MARK: Final = "[left out]"


def configure(part: str, *, level: LogLevel, form: LogFormat, now: Callable[[], datetime]) -> None:
    """Send every line of this process, other libraries' too, to standard error in the form asked for."""
    chain: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        _Stamp(part, now),
        leave_out_personal,
        structlog.processors.ExceptionRenderer(what_went_wrong_where),
    ]
    last: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.value.upper())
    # Addresses and paths of every request, with names that people search for in them: counted, not written.
    logging.getLogger("aiohttp.access").setLevel(logging.CRITICAL)


class _Stamp:
    """Adds the shared time and which part is speaking."""

    def __init__(self, part: str, now: Callable[[], datetime]) -> None:
        self._part = part
        self._now = now

    def __call__(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["at"] = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event.setdefault("part", self._part)
        return event


def what_went_wrong_where(exc_info: structlog.typing.ExcInfo) -> str:
    """The errors of a failure and the lines they passed, the first cause last; never their messages.

    A database's error quotes the row, a checked body's what was sent: names, numbers, what somebody wrote.
    """
    lines: list[str] = []
    seen: set[int] = set()
    error: BaseException | None = exc_info[1]
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        lines += _told(error)
        error = error.__cause__ or error.__context__
    return "\n".join(lines)


def _told(error: BaseException) -> list[str]:
    kind = type(error)
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{kind.__module__}.{kind.__qualname__}", *(f"  {at.filename}:{at.lineno} in {at.name}" for at in frames)]
    if isinstance(error, BaseExceptionGroup):
        lines += [f"  {line}" for inner in error.exceptions for line in _told(inner)]
    return lines


def leave_out_personal(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of any field that could be personal: a slip in one line must not become a leak."""
    for field in LEFT_OUT & event.keys():
        event[field] = MARK
    return event
