"""What is read aloud to a control room: the words for what the record keeps as codes."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple


class Both(NamedTuple):
    """The same in both languages of the desk."""

    zh: str
    en: str


PRIORITIES: Final = MappingProxyType(
    {
        "P1": Both("特急", "Critical"),
        "P2": Both("紧急", "Urgent"),
        "P3": Both("关注", "Notice"),
        "P4": Both("设备", "Technical"),
        "P5": Both("信息", "Information"),
    }
)
ALARMS: Final = MappingProxyType(
    {
        "sos": Both("求助键", "call button"),
        "fall": Both("跌倒", "fall"),
        "smoke": Both("烟雾", "smoke"),
        "fire": Both("火警", "fire"),
        "heat": Both("高温", "heat"),
        "gas": Both("燃气", "gas"),
        "carbon_monoxide": Both("一氧化碳", "carbon monoxide"),
        "medical": Both("体征报警", "vital signs"),
        "intrusion": Both("闯入", "intrusion"),
        "water_leak": Both("漏水", "water leak"),
        "inactivity": Both("长时间无活动", "no activity"),
        "fence_exit": Both("出围栏", "outside the fence"),
        "wandering": Both("走失", "wandering"),
        "smoke_clear": Both("烟雾消失", "smoke gone"),
    }
)
CALLS: Final = MappingProxyType(
    {
        "spoke_ok": Both("本人说没事", "says all is well"),
        "spoke_help": Both("本人要求帮助", "asks for help"),
        "unclear": Both("听不清", "unclear"),
        "no_answer": Both("无人接听", "no answer"),
        "busy": Both("占线", "busy"),
        "voicemail": Both("语音信箱", "voicemail"),
        "refused": Both("挂断", "hung up"),
        "wrong_number": Both("号码错误", "wrong number"),
        "line_failed": Both("线路故障", "line failed"),
    }
)
CALLED: Final = MappingProxyType(
    {
        "resident": Both("致电本人", "called the resident"),
        "contact": Both("致电联系人", "called a contact"),
        "responder": Both("致电救助人员", "called a responder"),
        "service": Both("致电110/119/120", "called a service"),
    }
)
WAYS_IN: Final = MappingProxyType(
    {
        "key_holder": Both("持钥匙人", "key holder"),
        "key_box": Both("钥匙盒", "key box"),
        "smart_lock": Both("智能锁", "smart lock"),
        "gate_code": Both("门禁", "gate code"),
        "concierge": Both("物业/门卫", "concierge"),
        "forced_entry": Both("可破门", "forced entry"),
    }
)
HAZARDS: Final = MappingProxyType(
    {
        "dog": Both("有狗", "dog"),
        "oxygen": Both("有氧气", "oxygen"),
        "hoarding": Both("杂物堆积", "hoarding"),
        "stairs": Both("楼梯难行", "stairs"),
        "violence": Both("有暴力风险", "violence"),
    }
)
RISKS: Final = MappingProxyType(
    {
        "oxygen": Both("家用制氧", "on oxygen"),
        "ventilator": Both("呼吸机", "on a ventilator"),
        "dialysis": Both("透析", "on dialysis"),
        "anticoagulant": Both("服抗凝药", "on anticoagulants"),
        "pacemaker": Both("心脏起搏器", "pacemaker"),
        "dementia": Both("失智", "dementia"),
        "deaf": Both("听不见", "deaf"),
        "mute": Both("不能说话", "mute"),
        "blind": Both("看不见", "blind"),
        "lost_ability": Both("失能", "cannot look after themselves"),
        "partly_lost_ability": Both("半失能", "partly cannot look after themselves"),
        "living_alone": Both("独居", "lives alone"),
    }
)
SERVICES: Final = MappingProxyType(
    {
        "police": Both("110", "110 police"),
        "fire": Both("119", "119 fire"),
        "ambulance": Both("120", "120 ambulance"),
        "other": Both("其他", "another service"),
    }
)
ANSWERS: Final = MappingProxyType(
    {
        "accepted": Both("已受理", "accepted"),
        "queued": Both("需等待", "queued"),
        "rejected": Both("未受理", "rejected"),
        "passed_on": Both("转给他处", "passed on"),
    }
)


def word(words: MappingProxyType[str, Both], code: str) -> Both:
    """The words for a code; a code without any is read as it is, never left out."""
    return words.get(code) or Both(code, code.replace("_", " "))
