"""`[[channels]]`: how people are reached, each kind with keys of its own; secrets stand in files, never here."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, FilePath, model_validator

from notify import dingtalk_robot, sms_aliyun, sms_tencent, voice_aliyun, voice_tencent, wecom_robot
from notify.channel import Language
from notify.email import Security, is_address
from notify.http import address_fault
from notify.robot import PER_MINUTE_MOST as ROBOT_PER_MINUTE_MOST
from notify.templates import SAID
from rules.domain.case_events import CaseEvent
from rules.domain.notices import Purpose

#: Said where somebody writes a secret into the settings.
_WHY_A_FILE: Final = "this file is copied, shown and kept in backups, and variables are seen by every child process"

_Text = Annotated[str, Field(min_length=1, max_length=200)]
_Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
_Area = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,32}(\.[A-Za-z0-9_]{1,32}){0,5}$")]
_Priority = Literal["P1", "P2", "P3", "P4", "P5"]
_Templates = dict[Language, dict[Purpose, _Code]]


class _Channel(BaseModel):
    """What every channel has. The name stands in the log, in metrics and in the callback's address."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    rate_per_minute: int | None = Field(None, ge=1, le=100_000)
    reserve_p1: int | None = Field(None, ge=0, le=100_000)

    @model_validator(mode="before")
    @classmethod
    def _secrets_stand_in_files(cls, given: Any) -> Any:
        for key in given if isinstance(given, dict) else ():
            if f"{key}_file" in cls.model_fields:
                raise ValueError(f"{key}: write it into a file of its own and name that with {key}_file: {_WHY_A_FILE}")
        return given

    @model_validator(mode="after")
    def _reserve_is_a_part(self) -> Self:
        if self.rate_per_minute is not None and (self.reserve_p1 or 0) > self.rate_per_minute:
            raise ValueError("reserve_p1 is a part of rate_per_minute: give at most as many")
        return self

    @model_validator(mode="after")
    def _addresses_are_private(self) -> Self:
        for key in ("endpoint", "url"):
            value = getattr(self, key, None)
            fault = address_fault(value) if value is not None else None
            if fault is not None:
                raise ValueError(f"{key} {fault}")
            if key == "endpoint" and value is not None and urlsplit(value).path not in {"", "/"}:
                raise ValueError("endpoint must be https://host only")
        return self


class _Registered(_Channel):
    """What the providers of voice and SMS share: approved templates, and a secret in the callback's address."""

    templates: _Templates
    callback_secret_file: FilePath

    @model_validator(mode="after")
    def _every_purpose_has_a_template(self) -> Self:
        # One that is missing would be found at three in the morning.
        missing = [str(purpose) for purpose in SAID if purpose not in self.templates.get(Language.ZH, {})]
        if missing:
            raise ValueError(f"templates.zh lacks {', '.join(missing)}: register its text (docs/channels.md)")
        return self


class VoiceAliyunSettings(_Registered):
    kind: Literal["voice_aliyun"]
    access_key_id: _Text
    access_key_secret_file: FilePath
    show_number: Annotated[str, Field(pattern=r"^\d{5,12}$")]
    taken_code: _Code
    declined_code: _Code
    endpoint: str = voice_aliyun.ENDPOINT


class VoiceTencentSettings(_Registered):
    kind: Literal["voice_tencent"]
    secret_id: _Text
    secret_key_file: FilePath
    app_id: _Text
    region: _Code = voice_tencent.REGION
    endpoint: str = voice_tencent.ENDPOINT


class SmsAliyunSettings(_Registered):
    kind: Literal["sms_aliyun"]
    access_key_id: _Text
    access_key_secret_file: FilePath
    signature: _Text
    endpoint: str = sms_aliyun.ENDPOINT


class SmsTencentSettings(_Registered):
    kind: Literal["sms_tencent"]
    secret_id: _Text
    secret_key_file: FilePath
    app_id: _Text
    signature: _Text
    region: _Code = sms_tencent.REGION
    endpoint: str = sms_tencent.ENDPOINT


class WebhookSettings(_Channel):
    kind: Literal["webhook"]
    url: str
    secret_file: FilePath  #: whsec_…, as Standard Webhooks write it
    source: _Text = "urn:shouwang"  #: CloudEvents: who says it
    areas: tuple[_Area, ...] = ()  #: of these and below; empty: everywhere
    priorities: tuple[_Priority, ...] = ()  #: empty: all
    events: tuple[CaseEvent, ...] = ()  #: empty: all
    ca_file: FilePath | None = None  #: trusted beside the system's list


class EmailSettings(_Channel):
    kind: Literal["email"]
    host: _Text
    port: int = Field(587, ge=1, le=65_535)
    security: Security = Security.STARTTLS
    sender: str
    username: _Text | None = None
    password_file: FilePath | None = None
    ca_file: FilePath | None = None  #: trusted beside the system's list

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if not is_address(self.sender):
            raise ValueError("sender must be one plain address, such as notices@centre.example")
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file: give both, or neither")
        return self


class _Robot(_Channel):
    @model_validator(mode="after")
    def _within_the_platforms_limit(self) -> Self:
        if (self.rate_per_minute or 0) > ROBOT_PER_MINUTE_MOST:
            raise ValueError(f"rate_per_minute: the platform refuses more than {ROBOT_PER_MINUTE_MOST} a minute")
        return self


class WecomRobotSettings(_Robot):
    kind: Literal["wecom_robot"]
    key_file: FilePath
    endpoint: str = wecom_robot.ENDPOINT


class DingtalkRobotSettings(_Robot):
    kind: Literal["dingtalk_robot"]
    token_file: FilePath
    secret_file: FilePath
    endpoint: str = dingtalk_robot.ENDPOINT


class CatcherSettings(_Channel):
    """Keeps what would have been sent: it counts as no channel that wakes anybody."""

    kind: Literal["catcher"]


ChannelSettings = Annotated[
    VoiceAliyunSettings
    | VoiceTencentSettings
    | SmsAliyunSettings
    | SmsTencentSettings
    | WebhookSettings
    | EmailSettings
    | WecomRobotSettings
    | DingtalkRobotSettings
    | CatcherSettings,
    Field(discriminator="kind"),
]
CHANNEL_KINDS: Final[dict[str, type[BaseModel]]] = {
    "voice_aliyun": VoiceAliyunSettings,
    "voice_tencent": VoiceTencentSettings,
    "sms_aliyun": SmsAliyunSettings,
    "sms_tencent": SmsTencentSettings,
    "webhook": WebhookSettings,
    "email": EmailSettings,
    "wecom_robot": WecomRobotSettings,
    "dingtalk_robot": DingtalkRobotSettings,
    "catcher": CatcherSettings,
}
