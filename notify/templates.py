"""What is said for each purpose: spoken, texted, mailed, posted in a group; in Chinese and English.

Mainland voice and SMS take no free text: these texts are what is registered with the provider, once for each purpose
and language, with the parameters under the same names (or in the same order, where a provider counts them).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Final

from notify.channel import Facts, Language, Message
from notify.facts import for_robots
from notify.words import said
from rules.domain.notices import Purpose

#: A spoken text is listened to half asleep; Chinese ones stay well under it.
SPOKEN_CHARACTERS_MOST: Final = 120
#: Two parts of an SMS (67 characters each), with the signature in front.
SMS_CHARACTERS_MOST: Final = 120
SUBJECT_CHARACTERS_MOST: Final = 60
ROBOT_CHARACTERS_MOST: Final = 120
#: No provider takes a longer parameter.
PARAMETER_CHARACTERS_MOST: Final = 20
#: Only the short code of a link is variable; providers take it as one parameter, a little longer than others.
CODE_CHARACTERS_MOST: Final = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The texts of one purpose in one language; parameters in braces."""

    spoken: str
    sms: str  #: without the signature 【…】, which the provider puts in front
    subject: str
    robot: str


_ZH, _EN = Language.ZH, Language.EN
#: The link's domain stands in the fixed part of the county's own registered text; here it is shown as 〔域名〕.
TEXTS: Final[Mapping[tuple[Purpose, Language], Words]] = {
    (Purpose.ESCALATION, _ZH): Words(
        spoken="这里是守望。{area}有一起{class},编号{number},已{minutes}分钟无人接警。按1接警,按2暂不能接。",
        sms="{area}有一起{class},编号{number},已{minutes}分钟无人接警,请立即处理。",
        subject="无人接警:{class} {number}",
        robot="无人接警:{class},{area},编号{number}",
    ),
    (Purpose.ESCALATION, _EN): Words(
        spoken="Shouwang. {class} in {area}, number {number}, unattended. Press 1 to take it, 2 if you cannot.",
        sms="{class} in {area}, number {number}, unattended for {minutes} min. Please act now.",
        subject="Unattended: {class} {number}",
        robot="Unattended: {class}, {area}, number {number}",
    ),
    (Purpose.OFFER, _ZH): Words(
        spoken="这里是守望。{area}有人需要帮助,{class},距您约{distance}。按1前往,按2不能前往。",
        sms="{area}有人需要帮助:{class},距您约{distance}。能否前往请点 〔域名〕/{code} 回复。",
        subject="能否前往:{class},{area}",
        robot="征召:{class},{area},编号{number}",
    ),
    (Purpose.OFFER, _EN): Words(
        spoken="Shouwang. Help is needed in {area}: {class}, {distance} away. Press 1 to go, 2 if you cannot.",
        sms="Help needed in {area}: {class}, {distance} away. Can you go? Answer at 〔domain〕/{code}",
        subject="Can you go? {class}, {area}",
        robot="Help wanted: {class}, {area}, number {number}",
    ),
    (Purpose.STAND_DOWN, _ZH): Words(
        spoken="这里是守望。{area}的{class}已有人处理,您不用前往,谢谢。",
        sms="{area}的{class}已有人处理,您不用前往,谢谢。",
        subject="不用前往:{class},{area}",
        robot="撤回征召:{class},{area},编号{number}",
    ),
    (Purpose.STAND_DOWN, _EN): Words(
        spoken="Shouwang. {class} in {area} is taken care of. You need not go. Thank you.",
        sms="{class} in {area} is taken care of. You need not go. Thank you.",
        subject="Not needed any more: {class}, {area}",
        robot="Stood down: {class}, {area}, number {number}",
    ),
    (Purpose.INFORMATION, _ZH): Words(
        spoken="这里是守望。您关注的{class},编号{number},{end}。详情请致电守望中心。",
        sms="您关注的{class},编号{number},{end}。详情请致电守望中心。",
        subject="{class} {number}:{end}",
        robot="通报:{class},{area},编号{number}",
    ),
    (Purpose.INFORMATION, _EN): Words(
        spoken="Shouwang. About {class}, number {number}: {end}. Please call the centre for more.",
        sms="About {class}, number {number}: {end}. Please call the centre for more.",
        subject="{class} {number}: {end}",
        robot="For information: {class}, {area}, number {number}",
    ),
    (Purpose.WARNING, _ZH): Words(
        spoken="请勿进入,勿动任何开关,请拨打119。这里是守望。{area}发生{class},距您约{distance}。此为告知,不需要您前往。",
        sms="请勿进入,勿动任何开关,请拨打119。{area}发生{class},距您约{distance}。此为告知,不需要您前往。",
        subject="请勿进入:{class},{area}",
        robot="请勿进入,勿动开关,拨打119。{class},{area},编号{number}",
    ),
    (Purpose.WARNING, _EN): Words(
        spoken="Do not go in. Do not switch anything on. Call 119. {class} in {area}, {distance} away. Do not come.",
        sms="Do not go in. Do not switch anything on. Call 119. {class} in {area}, {distance} away. Do not come.",
        subject="Do not go in: {class}, {area}",
        robot="Do not go in, switch nothing on, call 119. {class}, {area}, number {number}",
    ),
    (Purpose.DANGER, _ZH): Words(
        spoken="请勿进入,勿动任何开关,请拨打119。这里是守望。您正前往的{area}发生{class},请在安全处等候并致电守望中心。",
        sms="请勿进入,勿动任何开关,请拨打119。您正前往的{area}发生{class},请在安全处等候并致电守望中心。",
        subject="请勿进入:{class},{area}",
        robot="请勿进入,勿动开关,拨打119。{class},{area},编号{number}",
    ),
    (Purpose.DANGER, _EN): Words(
        spoken="Do not go in. Do not switch anything on. Call 119. {class} in {area}, where you go. Stay out, call us.",
        sms="Do not go in. Do not switch anything on. Call 119. {class} in {area}, where you go. Stay out and call us.",
        subject="Do not go in: {class}, {area}",
        robot="Do not go in, switch nothing on, call 119. {class}, {area}, number {number}",
    ),
    (Purpose.CHECK_BACK, _ZH): Words(
        spoken="这里是守望。您正在处理编号{number},您还好吗?按1平安,按2需要帮助。",
        sms="您正在处理编号{number},您还好吗?请点 〔域名〕/{code} 回复,或致电守望中心。",
        subject="您还好吗?编号{number}",
        robot="正在回访救助人员:{area},编号{number}",
    ),
    (Purpose.CHECK_BACK, _EN): Words(
        spoken="Shouwang. You are out for number {number}. Are you all right? Press 1 if safe, 2 for help.",
        sms="You are out for number {number}. Are you all right? Answer at 〔domain〕/{code} or call us.",
        subject="Are you all right? Number {number}",
        robot="Checking on a responder: {area}, number {number}",
    ),
    (Purpose.CALL_SERVICES, _ZH): Words(
        spoken="这里是守望。{area}{class},编号{number},请立即人工拨打{service}。按1已接手,按2不能。",
        sms="{area}{class},编号{number},请立即人工拨打{service}并在系统登记。",
        subject="请立即拨打{service}:{class} {number}",
        robot="须人工拨打报警电话:{class},{area},编号{number}",
    ),
    (Purpose.CALL_SERVICES, _EN): Words(
        spoken="Shouwang. {class} in {area}, {number}. Call {service} now. Press 1 if you do, 2 if you cannot.",
        sms="{class} in {area}, number {number}: call {service} now and enter it.",
        subject="Call {service} now: {class} {number}",
        robot="Emergency call needed: {class}, {area}, number {number}",
    ),
    (Purpose.CHANNEL_TEST, _ZH): Words(
        spoken="这里是守望。这是每日通知测试,不是警情。请按1确认收到。",
        sms="这是守望的每日通知测试,不是警情,无需处理。",
        subject="每日通知测试",
        robot="每日通知测试,不是警情。",
    ),
    (Purpose.CHANNEL_TEST, _EN): Words(
        spoken="Shouwang. This is the daily test, not an alarm. Press 1 to say that you hear this.",
        sms="The daily test of Shouwang, not an alarm. Nothing to do.",
        subject="Daily test of notices",
        robot="Daily test of notices, not an alarm.",
    ),
    (Purpose.SUMMARY, _ZH): Words(
        spoken="这里是守望。另有{count}条通知未逐一发送,请登录守望查看。",
        sms="另有{count}条通知未逐一发送,请登录守望查看。",
        subject="另有{count}条通知",
        robot="另有{count}条通知未逐一发送,请登录守望查看。",
    ),
    (Purpose.SUMMARY, _EN): Words(
        spoken="Shouwang. {count} more notices were not sent one by one. Please look into Shouwang.",
        sms="{count} more notices were not sent one by one. Please look into Shouwang.",
        subject="{count} more notices",
        robot="{count} more notices were not sent one by one. Please look into Shouwang.",
    ),
}
#: What is said to people; an event is for programs.
SAID: Final = tuple(purpose for purpose in Purpose if purpose is not Purpose.EVENT)
#: A purpose that has no words here yet is information all the same; a test names it.
_PLAIN: Final = Purpose.INFORMATION

_FOOTER: Final = {
    _ZH: "请勿回复此邮件。本邮件不含姓名、地址和电话,详情请登录守望或致电守望中心。",
    _EN: "Do not answer this mail. It holds no name, address or telephone: sign in to Shouwang, or call the centre.",
}


def words_of(purpose: Purpose, language: Language) -> Words:
    """The texts of a purpose."""
    return TEXTS.get((purpose, language), TEXTS[_PLAIN, language])


def parameters_of(text: str) -> tuple[str, ...]:
    """The parameters of a text in the order they first stand in it: what a provider counts as {1}, {2}, …"""
    names = [name for _, name, _, _ in Formatter().parse(text) if name]
    return tuple(dict.fromkeys(names))


def values_of(text: str, facts: Facts, language: Language) -> dict[str, str]:
    """The parameters of a text by name, each short enough for every provider."""
    return {name: _cut(name, said(name, facts, language)) for name in parameters_of(text)}


def spoken_values(text: str, facts: Facts, language: Language) -> dict[str, str]:
    """The same for a call: of a case's number only its count of the day, which can be remembered half asleep."""
    values = values_of(text, facts, language)
    return values | {"number": values["number"].rpartition("-")[2]} if "number" in values else values


def filled(text: str, facts: Facts, language: Language) -> str:
    """A text with its parameters in place."""
    return text.format_map(values_of(text, facts, language))


def mail_of(message: Message) -> tuple[str, str]:
    """The subject and body of an e-mail."""
    words = words_of(message.purpose, message.language)
    # A mail has no template with a domain in it: whoever reads it signs in.
    text = filled(words.robot if "code" in parameters_of(words.sms) else words.sms, message.facts, message.language)
    return filled(words.subject, message.facts, message.language), f"{text}\n\n{_FOOTER[message.language]}\n"


def robot_of(message: Message) -> str:
    """What a chat group reads: made from the facts it may see, and no others."""
    return filled(words_of(message.purpose, message.language).robot, for_robots(message.facts), message.language)


def _cut(name: str, value: str) -> str:
    return value[: CODE_CHARACTERS_MOST if name == "code" else PARAMETER_CHARACTERS_MOST]
