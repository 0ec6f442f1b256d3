"""What a county has registered with a provider: approved templates, and numbers that can be dialled or texted."""

from __future__ import annotations

import hashlib
import re
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from notify.channel import Failed, Language, Message, Reason
from rules.domain.notices import Purpose
from rules.domain.phones import Phone, PhoneKind, normalise

#: Alibaba Cloud gives back 1 to 15 bytes of ours with its report (OutId), and the others take more.
REFERENCE_BYTES_MOST: Final = 15
_SHORT: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{REFERENCE_BYTES_MOST}}}")

Templates = Mapping[Language, Mapping[Purpose, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Approved:
    """One approved template: the provider's code, and the language it speaks."""

    code: str
    language: Language


def approved(templates: Templates, message: Message) -> Approved | Failed:
    """The template of a purpose, in Chinese where the wanted language has none."""
    for language in (message.language, Language.ZH):
        code = templates.get(language, {}).get(message.purpose)
        if code:
            return Approved(code=code, language=language)
    return Failed(reason=Reason.TEMPLATE_MISSING, retry_helps=False, detail=str(message.purpose))


def dialled(to: str) -> Phone | Failed:
    """A number that mainland voice gateways dial: mobile or fixed, no extension, nothing abroad."""
    phone = normalise(to)
    if phone is None:
        return Failed(reason=Reason.ADDRESS_WRONG, retry_helps=False)
    if phone.kind not in (PhoneKind.MOBILE, PhoneKind.FIXED) or phone.extension is not None:
        return Failed(reason=Reason.NUMBER_NOT_SERVED, retry_helps=False, detail=str(phone.kind))
    return phone


def texted(to: str) -> Phone | Failed:
    """A number that a mainland SMS reaches: fixed lines get voice, never SMS (centre.md, 20)."""
    phone = normalise(to)
    if phone is None:
        return Failed(reason=Reason.ADDRESS_WRONG, retry_helps=False)
    if phone.kind is not PhoneKind.MOBILE:
        return Failed(reason=Reason.NUMBER_NOT_SERVED, retry_helps=False, detail=str(phone.kind))
    return phone


def reference_of(message_id: str) -> str:
    """Our id as a provider can carry it: itself where it is short, else a digest; the same at every try."""
    if _SHORT.fullmatch(message_id):
        return message_id
    digest = hashlib.sha256(message_id.encode("utf-8", "surrogatepass")).digest()
    return f"s{b32encode(digest).decode().lower()[: REFERENCE_BYTES_MOST - 1]}"
