"""Every HTTP channel of ours pointed at one invented provider, and a message to invented people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from notify.aliyun import AliyunApi
from notify.channel import Channel, Language, Message
from notify.dingtalk_robot import DingtalkRobot
from notify.http import Outgoing
from notify.sms_aliyun import SmsAliyun
from notify.sms_tencent import SmsTencent
from notify.tencent import TencentApi
from notify.voice_aliyun import VoiceAliyun
from notify.voice_tencent import VoiceTencent
from notify.webhook import Webhook
from notify.wecom_robot import WecomRobot
from rules.clock import Clock, FakeClock
from rules.domain.notices import Purpose
from rules.domain.vocabulary import Priority

MOBILE: Final = "13900000000"
CALLBACK_SECRET: Final = "an-invented-secret-of-thirty-two-c"
API_SECRET: Final = "invented-api-secret"
TEMPLATES: Final = {
    language: {purpose: f"T_{purpose}_{language}" for purpose in Purpose} for language in (Language.ZH, Language.EN)
}
FACTS: Final[dict[str, str | int | None]] = {
    "number": "20261119-0143", "class": "smoke", "area": "澄湾县松湖镇", "distance_m": 640, "minutes": 3,
    "services": "119,120", "end": "safe_at_home", "code": "aB3dE5fG", "count": 12, "priority": "P1",
}  # fmt: skip


def message(**more: Any) -> Message:
    """An escalation by key press, unless told otherwise."""
    given: dict[str, Any] = {
        "id": "4711", "to": MOBILE, "language": Language.ZH, "purpose": Purpose.ESCALATION,
        "priority": Priority.CRITICAL, "at": FakeClock().now(), "facts": FACTS, "key_press": False,
    }  # fmt: skip
    return Message(**(given | more))


def _aliyun(url: str, outgoing: Outgoing, clock: Clock) -> AliyunApi:
    return AliyunApi(
        endpoint=url, version="2017-05-25", key_id="key-id", secret=API_SECRET, outgoing=outgoing, clock=clock
    )


def _tencent(url: str, outgoing: Outgoing, clock: Clock) -> TencentApi:
    return TencentApi(
        endpoint=url, service="vms", version="2020-09-02", region="ap-guangzhou", key_id="key-id", secret=API_SECRET,
        outgoing=outgoing, clock=clock,
    )  # fmt: skip


def voice_aliyun(url: str, outgoing: Outgoing, clock: Clock) -> VoiceAliyun:
    return VoiceAliyun(
        name="voice-a", api=_aliyun(url, outgoing, clock), show_number="057100000000", templates=TEMPLATES,
        taken_code="TTS_taken", declined_code="TTS_declined", callback_secret=CALLBACK_SECRET,
    )  # fmt: skip


def voice_tencent(url: str, outgoing: Outgoing, clock: Clock) -> VoiceTencent:
    return VoiceTencent(
        name="voice-t", api=_tencent(url, outgoing, clock), app_id="1400000000", templates=TEMPLATES,
        callback_secret=CALLBACK_SECRET,
    )  # fmt: skip


def sms_aliyun(url: str, outgoing: Outgoing, clock: Clock) -> SmsAliyun:
    return SmsAliyun(
        name="sms-a", api=_aliyun(url, outgoing, clock), signature="澄湾守望", templates=TEMPLATES,
        callback_secret=CALLBACK_SECRET,
    )  # fmt: skip


def sms_tencent(url: str, outgoing: Outgoing, clock: Clock) -> SmsTencent:
    return SmsTencent(
        name="sms-t", api=_tencent(url, outgoing, clock), app_id="1400000000", signature="澄湾守望",
        templates=TEMPLATES, callback_secret=CALLBACK_SECRET,
    )  # fmt: skip


def webhook(url: str, outgoing: Outgoing, clock: Clock) -> Webhook:
    return Webhook(
        name="county", url=f"{url}/in", key=bytes(range(32)), source="urn:shouwang", outgoing=outgoing, clock=clock
    )


def wecom(url: str, outgoing: Outgoing, clock: Clock) -> WecomRobot:
    return WecomRobot(name="wecom", key="robot-key", outgoing=outgoing, clock=clock, endpoint=url)


def dingtalk(url: str, outgoing: Outgoing, clock: Clock) -> DingtalkRobot:
    return DingtalkRobot(name="ding", token="token", secret="SECsecret", outgoing=outgoing, clock=clock, endpoint=url)


Make = Callable[[str, Outgoing, Clock], Channel]
EVERY: Final[dict[str, Make]] = {
    "voice_aliyun": voice_aliyun, "voice_tencent": voice_tencent, "sms_aliyun": sms_aliyun, "sms_tencent": sms_tencent,
    "webhook": webhook, "wecom_robot": wecom, "dingtalk_robot": dingtalk,
}  # fmt: skip
#: What each provider says to a message it took.
TOOK: Final[dict[str, bytes]] = {
    "voice_aliyun": b'{"Code":"OK","CallId":"116^102","RequestId":"r","Message":"OK"}',
    "voice_tencent": b'{"Response":{"SendStatus":{"CallId":"12582bce-403c","SessionContext":"4711"},"RequestId":"r"}}',
    "sms_aliyun": b'{"Code":"OK","BizId":"9006^0","RequestId":"r","Message":"OK"}',
    "sms_tencent": (
        b'{"Response":{"SendStatusSet":[{"SerialNo":"5000:10","PhoneNumber":"+8613900000000","Fee":1,'
        b'"SessionContext":"4711","Code":"Ok","Message":"send success","IsoCode":"CN"}],"RequestId":"r"}}'
    ),
    "webhook": b"",
    "wecom_robot": b'{"errcode":0,"errmsg":"ok"}',
    "dingtalk_robot": b'{"errcode":0,"errmsg":"ok"}',
}
