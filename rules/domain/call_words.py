"""The closed sets of a telephone call in a case: whom, what came of it, and how the voice was known."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class CallTo(StrEnum):
    RESIDENT = "resident"
    CONTACT = "contact"
    RESPONDER = "responder"
    SERVICE = "service"


class CallResult(StrEnum):
    SPOKE_OK = "spoke_ok"
    SPOKE_HELP = "spoke_help"
    UNCLEAR = "unclear"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    VOICEMAIL = "voicemail"
    REFUSED = "refused"
    WRONG_NUMBER = "wrong_number"
    LINE_FAILED = "line_failed"


#: For P1 and P2 these move the plan on as if nobody had answered (centre.md, 18).
AS_NO_ANSWER: Final = frozenset(
    {CallResult.NO_ANSWER, CallResult.UNCLEAR, CallResult.VOICEMAIL, CallResult.BUSY, CallResult.LINE_FAILED}
)


class Verified(StrEnum):
    CODE_WORD = "code_word"
    VOICE_KNOWN = "voice_known"
    CONTACT = "contact"
    NONE = "none"
