"""The settings' channels as the outbox uses them: secrets read, names told apart, and in a demo all of them caught."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from notify import voice_aliyun, voice_tencent
from notify.aliyun import AliyunApi
from notify.callback import HearsBack
from notify.catcher import Catcher
from notify.channel import Channel, Kind
from notify.dingtalk_robot import DingtalkRobot
from notify.email import Email
from notify.http import Outgoing
from notify.signing import webhook_key
from notify.sms_aliyun import VERSION as SMS_ALIYUN_VERSION
from notify.sms_aliyun import SmsAliyun
from notify.sms_tencent import VERSION as SMS_TENCENT_VERSION
from notify.sms_tencent import SmsTencent
from notify.tencent import TencentApi
from notify.voice_aliyun import VoiceAliyun
from notify.voice_tencent import VoiceTencent
from notify.webhook import Webhook
from notify.wecom_robot import WecomRobot
from rules.clock import Clock
from rules.domain.case_events import Wanted
from rules.domain.vocabulary import Priority
from shouwang import channel_settings as given
from shouwang.errors import SettingWrong
from shouwang.settings import Settings

#: What each kind of the settings is; a demo puts a catcher of the same kind in its place.
KINDS: Final[Mapping[str, Kind]] = {
    "voice_aliyun": Kind.VOICE,
    "voice_tencent": Kind.VOICE,
    "sms_aliyun": Kind.SMS,
    "sms_tencent": Kind.SMS,
    "webhook": Kind.WEBHOOK,
    "email": Kind.EMAIL,
    "wecom_robot": Kind.ROBOT,
    "dingtalk_robot": Kind.ROBOT,
    "catcher": Kind.CATCHER,
}
#: A demo shows every way, also where none is set up.
_DEMO_KINDS: Final = (Kind.VOICE, Kind.SMS, Kind.EMAIL, Kind.WEBHOOK, Kind.ROBOT)
#: A callback's secret is never typed by a person.
CALLBACK_SECRET_LEAST: Final = 32
SECRET_BYTES_MOST: Final = 4_096


@dataclass(frozen=True, kw_only=True, slots=True)
class _Around:
    outgoing: Outgoing
    clock: Clock


def channels_of(settings: Settings, *, demo: bool, clock: Clock, outgoing: Outgoing | None = None) -> Sequence[Channel]:
    """Every channel of the settings; raises SettingWrong, one line that names the table, the key and the remedy.

    In a demo each is a catcher and no secret is even read: nothing is sent outside.
    """
    if demo:
        return _caught(settings)
    around = _Around(outgoing=outgoing or Outgoing(), clock=clock)
    return [_BUILDERS[channel.kind](channel, around) for channel in settings.channels]


def wanted_of(settings: Settings) -> Sequence[Wanted]:
    """What each webhook of the settings is told of cases."""
    return [
        Wanted(
            name=channel.name, areas=channel.areas, events=frozenset(channel.events),
            priorities=frozenset(Priority(int(priority[1:])) for priority in channel.priorities),
        )
        for channel in settings.channels
        if isinstance(channel, given.WebhookSettings)
    ]  # fmt: skip


def hears_back(channels: Sequence[Channel]) -> Mapping[str, HearsBack]:
    """Those whose provider reports later, by the name in the callback's address."""
    return {channel.name: channel for channel in channels if isinstance(channel, _HEARING)}


_HEARING: Final = (VoiceAliyun, VoiceTencent, SmsAliyun, SmsTencent)


def _caught(settings: Settings) -> list[Channel]:
    named: dict[str, Kind] = {channel.name: KINDS[channel.kind] for channel in settings.channels}
    for kind in _DEMO_KINDS:
        if kind not in named.values():
            named.setdefault(f"demo-{kind}", kind)
    return [Catcher(name=name, kind=kind) for name, kind in named.items()]


def _limits(channel: Any, like: type[Any]) -> dict[str, Any]:
    """Rate and reserve as set, else as the kind has them; a small rate keeps its reserve a part of it."""
    fields = like.__dataclass_fields__
    rate = channel.rate_per_minute or int(fields["per_minute_most"].default)
    reserve = channel.reserve_p1 if channel.reserve_p1 is not None else int(fields["reserve_p1"].default)
    return {"per_minute_most": rate, "reserve_p1": min(reserve, rate)}


def _secret(channel: Any, key: str, *, least: int = 1) -> str:
    path: Path = getattr(channel, key)
    where = f"channels.{channel.name}.{key}: {path}"
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingWrong(f"{where} cannot be read: {why}") from None
    if len(text) > SECRET_BYTES_MOST or not text.isprintable() or " " in text:
        raise SettingWrong(f"{where} holds more than one secret; write one line and nothing else")
    if len(text) < least:
        raise SettingWrong(f"{where} holds a secret of fewer than {least} characters; `openssl rand -hex 32` makes one")
    return text


def _trust(channel: Any) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if channel.ca_file is not None:
        try:
            context.load_verify_locations(cafile=channel.ca_file)
        except (OSError, ssl.SSLError):
            raise SettingWrong(f"channels.{channel.name}.ca_file: {channel.ca_file} holds no certificates") from None
    return context


def _aliyun(channel: Any, around: _Around, version: str) -> AliyunApi:
    secret = _secret(channel, "access_key_secret_file")
    return AliyunApi(
        endpoint=channel.endpoint.rstrip("/"), version=version, key_id=channel.access_key_id, secret=secret,
        outgoing=around.outgoing, clock=around.clock,
    )  # fmt: skip


def _tencent(channel: Any, around: _Around, service: str, version: str) -> TencentApi:
    return TencentApi(
        endpoint=channel.endpoint.rstrip("/"), service=service, version=version, region=channel.region,
        key_id=channel.secret_id, secret=_secret(channel, "secret_key_file"),
        outgoing=around.outgoing, clock=around.clock,
    )  # fmt: skip


def _registered(channel: Any, like: type[Any]) -> dict[str, Any]:
    secret = _secret(channel, "callback_secret_file", least=CALLBACK_SECRET_LEAST)
    return {
        "name": channel.name, "templates": channel.templates, "callback_secret": secret, **_limits(channel, like),
    }  # fmt: skip


def _voice_aliyun(channel: given.VoiceAliyunSettings, around: _Around) -> Channel:
    return VoiceAliyun(
        api=_aliyun(channel, around, voice_aliyun.VERSION), show_number=channel.show_number,
        taken_code=channel.taken_code, declined_code=channel.declined_code, **_registered(channel, VoiceAliyun),
    )  # fmt: skip


def _voice_tencent(channel: given.VoiceTencentSettings, around: _Around) -> Channel:
    api = _tencent(channel, around, "vms", voice_tencent.VERSION)
    return VoiceTencent(api=api, app_id=channel.app_id, **_registered(channel, VoiceTencent))


def _sms_aliyun(channel: given.SmsAliyunSettings, around: _Around) -> Channel:
    api = _aliyun(channel, around, SMS_ALIYUN_VERSION)
    return SmsAliyun(api=api, signature=channel.signature, **_registered(channel, SmsAliyun))


def _sms_tencent(channel: given.SmsTencentSettings, around: _Around) -> Channel:
    api = _tencent(channel, around, "sms", SMS_TENCENT_VERSION)
    return SmsTencent(api=api, app_id=channel.app_id, signature=channel.signature, **_registered(channel, SmsTencent))


def _webhook(channel: given.WebhookSettings, around: _Around) -> Channel:
    try:
        key = webhook_key(_secret(channel, "secret_file"))
    except ValueError:
        raise SettingWrong(
            f"channels.{channel.name}.secret_file: {channel.secret_file} must hold whsec_ and the base64 of 24 to 64"
            " bytes; `echo whsec_$(openssl rand -base64 32)` makes one"
        ) from None
    outgoing = around.outgoing if channel.ca_file is None else Outgoing(_trust(channel))
    return Webhook(
        name=channel.name, url=channel.url, key=key, source=channel.source, outgoing=outgoing, clock=around.clock,
        **_limits(channel, Webhook),
    )  # fmt: skip


def _email(channel: given.EmailSettings, around: _Around) -> Channel:
    del around  # it has a protocol of its own
    password = None if channel.password_file is None else _secret(channel, "password_file")
    return Email(
        name=channel.name, host=channel.host, port=channel.port, security=channel.security, sender=channel.sender,
        username=channel.username, password=password, context=_trust(channel), **_limits(channel, Email),
    )  # fmt: skip


def _wecom(channel: given.WecomRobotSettings, around: _Around) -> Channel:
    return WecomRobot(
        name=channel.name, key=_secret(channel, "key_file"), endpoint=channel.endpoint.rstrip("/"),
        outgoing=around.outgoing, clock=around.clock, **_limits(channel, WecomRobot),
    )  # fmt: skip


def _dingtalk(channel: given.DingtalkRobotSettings, around: _Around) -> Channel:
    return DingtalkRobot(
        name=channel.name, token=_secret(channel, "token_file"), secret=_secret(channel, "secret_file"),
        endpoint=channel.endpoint.rstrip("/"), outgoing=around.outgoing, clock=around.clock,
        **_limits(channel, DingtalkRobot),
    )  # fmt: skip


def _catcher(channel: given.CatcherSettings, around: _Around) -> Channel:
    del around
    return Catcher(name=channel.name, **_limits(channel, Catcher))


_BUILDERS: Final[Mapping[str, Callable[[Any, _Around], Channel]]] = {
    "voice_aliyun": _voice_aliyun,
    "voice_tencent": _voice_tencent,
    "sms_aliyun": _sms_aliyun,
    "sms_tencent": _sms_tencent,
    "webhook": _webhook,
    "email": _email,
    "wecom_robot": _wecom,
    "dingtalk_robot": _dingtalk,
    "catcher": _catcher,
}
assert set(_BUILDERS) == set(KINDS) == set(given.CHANNEL_KINDS), "a kind of the settings needs its builder"
