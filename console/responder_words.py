"""The words on a responder's page, in Chinese and English; short, for an old telephone in the rain."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rules.domain.assignments import DeclineReason, Standing
from rules.domain.doubts import Doubt
from rules.domain.responders import BREATHING_GEAR_NEEDED, DANGEROUS
from rules.domain.vocabulary import Class

ZH: Final = "zh-CN"
EN: Final = "en"

_Pair = tuple[str, str]


def said(pair: _Pair, language: str) -> str:
    """The words in this language."""
    return pair[1] if language == EN else pair[0]


WORDS: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "title": ("任务邀约", "Can you go?"),
        "where": ("区域", "Area"),
        "what": ("类别", "Class"),
        "away": ("距离", "Distance"),
        "number": ("编号", "Number"),
        "minutes": ("约{n}分钟", "about {n} min"),
        "digits": ("请输入您手机号后四位", "Last four digits of your telephone"),
        "accept": ("接单,我去", "I go"),
        "decline": ("无法前往", "I cannot go"),
        "leave": ("中途无法前往", "I cannot go on"),
        "why": ("原因", "Why"),
        "en_route": ("已出发", "On my way"),
        "arrive": ("已到场", "I am there"),
        "report": ("报告情况", "Report"),
        "complete": ("处置完毕", "Done"),
        "take_back": ("按错了,撤回", "Pressed by mistake: take it back"),
        "confirm": ("知道了", "Understood"),
        "show": ("查看任务", "Show it"),
        "address": ("地址", "Address"),
        "people": ("服务对象", "People"),
        "doors": ("进门方式", "Ways in"),
        "hazards": ("注意", "Beware"),
        "map": ("打开地图", "Open the map"),
        "hint": ("位置仅供参考,请先询问", "The place is only a hint: ask first"),
        "reveal": ("查看密码", "Show the code"),
        "code": ("密码(仅供本次使用,已记录)", "Code (for this case only; on record)"),
        "not_shown": ("密码现在无法显示,请致电守望中心", "The code cannot be shown now: call the centre"),
        "proved": ("最近验证", "last proved"),
        "entered": ("已进入", "Entered"),
        "seen": ("已见到本人", "Seen"),
        "needs_ambulance": ("需要120", "Needs an ambulance (120)"),
        "needs_help": ("我需要支援", "I need help"),
        "condition": ("情况", "Condition"),
        "note": ("补充", "More"),
        "every": ("到场后每10分钟报告一次", "On scene, report every 10 minutes"),
        "outside_only": ("无呼吸器者只在室外等候,不得进入", "Without breathing gear stay outside. Do not go in."),
        "careful": ("确认安全前不要进入,不要开关电器,先拨119", "Do not go in until it is safe; no switches; 119 first"),
        "unsure": ("系统记录与此不符,请核对", "This does not fit what we know: please check"),
        "wrong": ("后四位不对,请再试", "Those digits are wrong: try again"),
        "locked": ("错误次数过多,请致电守望中心", "Too many wrong tries: please call the centre"),
        "late": ("已晚一步:", "Too late: "),
        "standby": (
            "已有人先接单,请稍候;如对方未能出发会再找您",
            "Somebody was first. Stay ready: you are asked if they do not set out.",
        ),
        "gone": ("链接已失效", "This link does not work any more"),
        "stood_down": ("任务已撤回,您不用前往,谢谢", "You are not needed any more. Thank you."),
        "ended": ("任务已结束,谢谢", "This has ended. Thank you."),
        "confirmed": ("已确认收到", "Confirmed"),
        "unknown": ("未知", "unknown"),
        "slow_down": ("请稍后再试", "Please try later"),
        "reason": ("请选择原因", "Please say why"),
        "other_page": ("此请求来自其他页面", "This request comes from another page"),
    }
)

CLASSES: Final[Mapping[Class, _Pair]] = MappingProxyType(
    {
        **dict.fromkeys((Class.SOS, Class.SOS_NO_VOICE), ("一键呼叫", "Help button")),
        Class.FIRE: ("火警", "Fire"),
        Class.SMOKE: ("烟感火警", "Smoke alarm"),
        Class.HEAT: ("温感火警", "Heat alarm"),
        Class.GAS: ("可燃气体泄漏", "Gas leak"),
        Class.CARBON_MONOXIDE: ("一氧化碳超标", "Carbon monoxide"),
        Class.FALL: ("跌倒", "Fall"),
        **dict.fromkeys((Class.WANDERING, Class.WANDERING_AT_RISK), ("疑似走失", "Somebody is missing")),
        Class.INTRUSION: ("闯入", "Intrusion"),
        **dict.fromkeys((Class.WATER_LEAK, Class.WATER_LEAK_DEPENDENT), ("水浸", "Water leak")),
        **dict.fromkeys((Class.INACTIVITY, Class.INACTIVITY_UNKNOWN), ("长时间无活动", "No activity")),
        **dict.fromkeys((Class.POWER_LOST, Class.POWER_LOST_DEPENDENT), ("断电", "Power lost")),
    }
)
#: Said for every other class: nothing here tells what ails somebody.
CALL_FOR_HELP: Final = ("求助", "Call for help")

REASONS: Final[Mapping[DeclineReason, _Pair]] = MappingProxyType(
    {
        DeclineReason.AWAY: ("不在附近", "Away"),
        DeclineReason.ILL: ("身体不适", "Ill"),
        DeclineReason.AFRAID: ("感到害怕", "Afraid"),
        DeclineReason.NOT_TRAINED: ("没有受过训练", "Not trained"),
        DeclineReason.NO_TRANSPORT: ("没有交通工具", "No transport"),
        DeclineReason.OTHER: ("其他", "Other"),
    }
)
CONDITIONS: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "well": ("平安", "well"),
        "hurt": ("受伤", "hurt"),
        "confused": ("意识不清", "confused"),
        "unconscious": ("昏迷", "unconscious"),
        "not_found": ("未找到", "not found"),
    }
)
STANDINGS: Final[Mapping[Standing, _Pair]] = MappingProxyType(
    {
        Standing.OFFERED: ("等待您的答复", "Waiting for your answer"),
        Standing.TIMED_OUT: ("等待您的答复", "Waiting for your answer"),
        Standing.ACCEPTED: ("已接单", "Accepted"),
        Standing.EN_ROUTE: ("已出发", "On the way"),
        Standing.ON_SCENE: ("已到场", "On scene"),
        Standing.DONE: ("处置完毕", "Done"),
        Standing.DECLINED: ("已回复无法前往,谢谢告知", "You cannot go. Thank you for saying so."),
        Standing.LEFT: ("已回复无法前往,谢谢告知", "You cannot go. Thank you for saying so."),
        Standing.STOOD_DOWN: WORDS["stood_down"],
    }
)
DOORS: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "key_holder": ("持钥匙人", "Key holder"),
        "key_box": ("钥匙盒", "Key box"),
        "smart_lock": ("智能锁", "Smart lock"),
        "gate_code": ("门禁密码", "Gate code"),
        "concierge": ("门卫", "Concierge"),
        "forced_entry": ("破门", "Forced entry"),
    }
)
MAPS: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "amap": ("高德地图", "Amap"),
        "baidu": ("百度地图", "Baidu"),
        "tencent": ("腾讯地图", "Tencent"),
        "tianditu": ("天地图", "Tianditu"),
    }
)
#: Hazards of a home and what whoever goes must know of a person; a code that stands not here is shown as it is.
CODES: Final[Mapping[str, _Pair]] = MappingProxyType(
    {
        "dog": ("有狗", "dog"),
        "oxygen": ("有氧气设备,严禁明火", "oxygen: no flame"),
        "hoarding": ("堆物多,通道窄", "cluttered"),
        "stairs": ("楼梯陡", "steep stairs"),
        "violence": ("有暴力风险,勿单独进入", "violence: not alone"),
        "dementia": ("失智", "dementia"),
        "deaf": ("听不见", "deaf"),
        "mute": ("不能说话", "cannot speak"),
        "living_alone": ("独居", "lives alone"),
        "mobility_none": ("卧床", "cannot walk"),
        "ventilator": ("使用呼吸机", "ventilator"),
        "dialysis": ("透析", "dialysis"),
        "diabetes": ("糖尿病", "diabetes"),
        "heart_disease": ("心脏病", "heart disease"),
        "anticoagulant": ("服用抗凝药", "anticoagulants"),
    }
)
assert set(REASONS) == set(DeclineReason) and set(STANDINGS) == set(Standing)


def code_words(code: str, language: str) -> str:
    """A hazard or a risk in words."""
    return said(CODES[code], language) if code in CODES else code


def class_words(class_: str, language: str) -> str:
    """The class as it may be said to somebody who has not accepted yet."""
    return said(CLASSES.get(Class(class_), CALL_FOR_HELP), language)


def warning_words(class_: str, language: str, *, outside_only: bool) -> str | None:
    """The safety line of a dangerous class; it stands first."""
    if outside_only or Class(class_) in BREATHING_GEAR_NEEDED:
        return said(WORDS["outside_only"], language)
    return said(WORDS["careful"], language) if Class(class_) in DANGEROUS else None


def doubt_words(doubt: Doubt | None, language: str) -> str | None:
    """Doubt is said aloud."""
    return None if doubt is None else said(WORDS["unsure"], language)
