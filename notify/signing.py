"""Signatures that providers ask for: pure, each checked against the example of the provider's own page."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

_ACS3: Final = "ACS3-HMAC-SHA256"
_TC3: Final = "TC3-HMAC-SHA256"
TC3_CONTENT_TYPE: Final = "application/json; charset=utf-8"
#: Standard Webhooks: how a secret of theirs is marked.
WEBHOOK_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 -- the mark of a secret, none itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """Who asks, and which service of which version at which host."""

    key_id: str
    secret: str = field(repr=False)
    host: str
    version: str


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Parameters sorted and encoded as RFC 3986 has it, which is also how Alibaba Cloud signs them."""
    return "&".join(f"{quote(key, safe='~')}={quote(parameters[key], safe='~')}" for key in sorted(parameters))


def acs3_headers(who: Signer, *, action: str, query: str, body: bytes, nonce: str, now: datetime) -> dict[str, str]:
    """Alibaba Cloud, V3 request structure and signature.

    help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature; its example is a test of ours.
    """
    digest = _hex(body)
    signed = {
        "host": who.host,
        "x-acs-action": action,
        "x-acs-content-sha256": digest,
        "x-acs-date": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": who.version,
    }
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = f"POST\n/\n{query}\n{lines}\n{names}\n{digest}"
    signature = _mac(who.secret.encode(), f"{_ACS3}\n{_hex(request.encode())}").hex()
    return signed | {"Authorization": f"{_ACS3} Credential={who.key_id},SignedHeaders={names},Signature={signature}"}


def tc3_headers(who: Signer, *, service: str, region: str, action: str, body: bytes, now: datetime) -> dict[str, str]:
    """Tencent Cloud API 3.0, signature v3 (TC3-HMAC-SHA256).

    cloud.tencent.com.cn/document/api/862/37573, the same page for each product; its example is a test of ours.
    """
    stamp, day = str(int(now.timestamp())), now.astimezone(UTC).strftime("%Y-%m-%d")
    names = "content-type;host;x-tc-action"
    lines = f"content-type:{TC3_CONTENT_TYPE}\nhost:{who.host}\nx-tc-action:{action.lower()}\n"
    request = f"POST\n/\n\n{lines}\n{names}\n{_hex(body)}"
    scope = f"{day}/{service}/tc3_request"
    key = _mac(_mac(_mac(f"TC3{who.secret}".encode(), day), service), "tc3_request")
    signature = _mac(key, f"{_TC3}\n{stamp}\n{scope}\n{_hex(request.encode())}").hex()
    return {
        "Authorization": f"{_TC3} Credential={who.key_id}/{scope}, SignedHeaders={names}, Signature={signature}",
        "Content-Type": TC3_CONTENT_TYPE,
        "Host": who.host,
        "X-TC-Action": action,
        "X-TC-Version": who.version,
        "X-TC-Region": region,
        "X-TC-Timestamp": stamp,
    }


def webhook_key(secret: str) -> bytes:
    """The key of a Standard Webhooks secret, base64 after `whsec_`; ValueError where it is none of 24 to 64 bytes."""
    key = base64.b64decode(secret.removeprefix(WEBHOOK_SECRET_PREFIX), validate=True)
    if not secret.startswith(WEBHOOK_SECRET_PREFIX) or not 24 <= len(key) <= 64:
        raise ValueError("not whsec_ and the base64 of 24 to 64 bytes")
    return key


def webhook_headers(message_id: str, body: bytes, *, key: bytes, now: datetime) -> dict[str, str]:
    """Standard Webhooks, symmetric signature v1 over "id.timestamp.body".

    github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
    """
    stamp = str(int(now.timestamp()))
    mac = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": signature}


def dingtalk_query(*, secret: str, now: datetime) -> str:
    """DingTalk custom robot, 加签: base64 HMAC-SHA256 of "timestamp\\nsecret" under the secret, milliseconds."""
    stamp = str(int(now.timestamp() * 1_000))
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return f"timestamp={stamp}&sign={quote(base64.b64encode(mac).decode(), safe='')}"
