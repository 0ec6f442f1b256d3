"""The built-in plans for what is no call for help: devices, outages, requests, and the centre's own troubles."""

from __future__ import annotations

from typing import Final

from rules.domain.plans import Plan, PlanStep, StepKind
from rules.domain.plans_parts import (
    DONE,
    HELLO,
    HELLO_EN,
    TECHNICAL_CLOSE,
    call_resident,
    choice,
    close,
    send,
    spoken,
    step,
    task,
)
from rules.domain.vocabulary import SafetyKind

_ORDER: Final = task("order", StepKind.NOTIFY, "派维修或更换单", "Order its repair or change", to="service")


def _call(zh: str, en: str, ask_zh: str, ask_en: str, *, next_: str, help_: str, no_answer: str) -> PlanStep:
    return call_resident(
        zh, en, *spoken(next_, help_, no_answer), say=(HELLO + ask_zh, HELLO_EN + ask_en), speechless=None
    )


def _plan(name: str, zh: str, en: str, *steps: PlanStep, end: PlanStep = TECHNICAL_CLOSE) -> Plan:
    return Plan(name=name, zh=zh, en=en, steps=(*steps, end))


_WORKER: Final = task(
    "worker", StepKind.NOTIFY, "请社区助老员上门查看", "Ask the community care worker to look in", to="service"
)
_SOS: Final = step(
    "raise", StepKind.ASK, "对方要求帮助：改为紧急求助处置", "They ask for help: make it a call for help", *DONE
)

PLANS: Final = (
    _plan(
        "technical",
        "设备告警",
        "Technical alarm",
        task(
            "order",
            StepKind.NOTIFY,
            "安排维修或更换，告知服务对象",
            "Have it repaired or changed, and tell the resident",
            to="service",
        ),
    ),
    _plan(
        "fault",
        "设备故障",
        "Fault of a device",
        _call(
            "联系家里，看设备指示灯和电源",
            "Call the home: look at its lights and its mains",
            "您家的设备报了故障，能帮我看一下指示灯吗？",
            "Your device reports a fault. Could you look at its light?",
            next_="order",
            help_="raise",
            no_answer="order",
        ),
        _SOS,
        _ORDER,
        task(
            "other_device",
            StepKind.ASK,
            "维修前还有没有别的报警设备？没有就先借一台",
            "Is another alarm device there meanwhile? If not, lend one",
        ),
    ),
    _plan(
        "battery",
        "电量低",
        "Battery low",
        _call(
            "请本人或家人充电或换电池",
            "Ask the resident or family to charge or change it",
            "您的设备快没电了，请现在充电，可以吗？",
            "Your device is nearly empty. Could you charge it now?",
            next_="close",
            help_="raise",
            no_answer="order",
        ),
        _SOS,
        _ORDER,
    ),
    _plan(
        "device_lost",
        "设备失联",
        "Device lost",
        _call(
            "联系家里：设备在不在、通不通电；失联期间求助打固定号码",
            "Call the home: is it there, is it powered; until then call the fixed number",
            "您家的报警设备没有信号了。它插着电吗？这期间请用电话找我们。",
            "Your alarm device is silent. Is it plugged in? Until it works, please ring us.",
            next_="order",
            help_="raise",
            no_answer="worker",
        ),
        _SOS,
        _WORKER,
        _ORDER,
    ),
    _plan(
        "tamper",
        "防拆报警",
        "Tamper",
        _call(
            "联系家里：有没有人动过设备",
            "Call the home: has anybody touched the device",
            "您家的设备好像被拆动了，是您或家人动的吗？",
            "Somebody seems to have opened your device. Was it you or your family?",
            next_="order",
            help_="raise",
            no_answer="worker",
        ),
        _SOS,
        _WORKER,
        _ORDER,
    ),
    _plan("removed", "手环脱落", "Band taken off", _WORKER),
    _plan(
        "power_lost",
        "断电",
        "Power cut",
        task("ask", StepKind.ASK, "超过4小时：问本人是否需要帮助", "Over four hours: ask whether they need anything"),
    ),
    _plan(
        "outage",
        "大面积断电、断网、网关失联",
        "Outage of an area or a hub",
        task(
            "people",
            StepKind.ASK,
            "看名单：先看用氧、呼吸机、独居重度失能的人",
            "The list of people behind it: oxygen, ventilator, alone and dependent first",
        ),
        task(
            "operator",
            StepKind.CALL,
            "联系供电公司或通信运营商，问恢复时间",
            "Ring the power company or the operator: until when",
            to="service",
        ),
        task("calls", StepKind.CALL, "按风险逐个电话看望", "Ring them one by one, by risk", to="resident"),
        send("staff", "联系不上的高风险对象，派人上门", "Who is at risk and not reached: send somebody"),
    ),
    _plan(
        "runaway",
        "频繁误报设备",
        "Device that alarms again and again",
        _ORDER,
        task(
            "vendor",
            StepKind.NOTIFY,
            "请厂商查原因；人的求助不受影响",
            "Ask the vendor why; calls for help are not touched",
            to="service",
        ),
    ),
    _plan(
        "test_overdue",
        "月检逾期",
        "Test press overdue",
        _call(
            "请本人现在按一次测试",
            "Ask them for a test press now",
            "请您现在按一下求助键，我们试一试好不好用。",
            "Please press your button now, so that we know it works.",
            next_="close",
            help_="raise",
            no_answer="worker",
        ),
        _SOS,
        _WORKER,
    ),
    _plan(
        "request",
        "服务请求",
        "Service request",
        _call(
            "问需要什么；夜间先问急不急。说需要救助就改为紧急求助",
            "Ask what they need, at night whether it is urgent; a spoken wish for help makes it a call for help",
            "您按了服务键，需要什么？现在着急吗？",
            "You pressed the service key. What do you need? Is it urgent?",
            next_="service",
            help_="raise",
            no_answer="again",
        ),
        _SOS,
        step(
            "again",
            StepKind.WAIT,
            "10分钟后再呼叫一次",
            "Call again in 10 minutes",
            choice("done", "已联系上", "Reached"),
            choice("not_reached", "仍未联系上，明早回访", "Not reached: again in the morning"),
            wait_s=600,
        ),
        task("service", StepKind.NOTIFY, "转服务台办理并告知时间", "To the service desk, and say when", to="service"),
        end=close(SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.SEEN_BY, SafetyKind.NO_PERSON_INVOLVED),
    ),
    _plan(
        "nobody_on_duty",
        "无人在岗",
        "Nobody on duty",
        task(
            "desk",
            StepKind.CALL,
            "叫人上岗：值班长、备勤电话",
            "Get somebody to a desk: supervisor, on-call phone",
            to="service",
        ),
        task(
            "partner",
            StepKind.CALL,
            "5分钟仍无人：请协作中心代接",
            "Nobody after 5 minutes: the partner centre takes over",
            to="service",
        ),
        task("cases", StepKind.ASK, "上岗后先看无人处置的特急事件", "Once at a desk: unattended critical cases first"),
    ),
    _plan(
        "channel_failed",
        "通道故障",
        "A way to reach people failed",
        task(
            "second_provider",
            StepKind.ASK,
            "改用第二家服务商，试拨备勤电话",
            "Change to the second provider; ring the on-call phone",
        ),
        task("engineer", StepKind.CALL, "呼叫值班工程师", "Ring the on-call engineer", to="service"),
        task(
            "by_hand",
            StepKind.ASK,
            "恢复前，特急事件由座席用普通电话逐级上报",
            "Until then desks escalate critical cases by plain telephone",
        ),
    ),
    _plan(
        "system",
        "系统告警",
        "Trouble of the system",
        task("engineer", StepKind.CALL, "呼叫值班工程师", "Ring the on-call engineer", to="service"),
        task("watch", StepKind.ASK, "期间留意电话求助", "Meanwhile expect calls by telephone"),
    ),
    _plan("canary", "全链路拨测", "Canary", task("none", StepKind.ASK, "无需处置", "Nothing to do")),
)
