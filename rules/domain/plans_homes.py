"""The built-in plans where a home is in danger: fire, gas, carbon monoxide, intruders, water, power.

What keeps people from walking into danger stands first, before any question.
"""

from __future__ import annotations

from typing import Final

from rules.domain.plans import Plan, PlanStep, StepKind
from rules.domain.plans_parts import (
    AMBULANCE,
    ARRIVAL,
    DONE,
    FIRE_SERVICE,
    POLICE,
    TEXT_RESIDENT,
    YES_NO,
    call_resident,
    choice,
    close,
    send,
    spoken,
    step,
    task,
    tell_family,
)
from rules.domain.vocabulary import SafetyKind

_HELLO: Final = "这里是守望应急呼叫中心。"
_HELLO_EN: Final = "This is the Shouwang emergency centre. "


def _safety_first(zh: str, en: str) -> PlanStep:
    return step(
        "safety",
        StepKind.ASK,
        zh,
        en,
        choice("told", "已告知所有前往的人", "Everybody who goes was told"),
        say=(zh, en),
    )


_CONFIRMED: Final = (
    choice("confirmed", "已确认", "Confirmed", "fire_service"),
    choice("harmless", "有人当面核实无险（如做饭油烟）", "Seen by somebody to be harmless (cooking)", "inside"),
    choice("no_answer", "60秒内联系不上任何人", "Nobody reached within 60 s", "fire_service"),
)
_INSIDE: Final = step(
    "inside",
    StepKind.ASK,
    "屋里还有没有人？有没有行动不便的人？是否都已出来？",
    "Is anybody else inside? Anybody who cannot walk? Is everybody out?",
    choice("all_out", "全部撤出", "All out"),
    choice("somebody_inside", "还有人在里面", "Somebody is inside", "fire_service"),
    choice("unknown", "不清楚", "Not known", "fire_service"),
)
_TRAINED: Final = send(
    "trained",
    "只调派受过训练的人员（救援队、微型消防站）；其他人只告知，不得进入",
    "Send only trained people (rescue team, mini fire station); others are told, and do not go in",
)
_ARRIVAL: Final = step(
    "arrival",
    StepKind.WAIT,
    "等现场报告；消防到场后听从消防指挥",
    "Wait for the report from the scene; the fire service commands once it is there",
    choice("seen", "已见到本人平安", "The person was seen, safe"),
    choice("overdue", "未按时到场", "Not there in time", "send"),
    choice("worse", "险情扩大", "It grows", "fire_service"),
    wait_s=300,
)
_CLEARED: Final = step(
    "still_reported",
    StepKind.ASK,
    "设备复位不等于险情解除：现场有没有人确认？",
    "A detector that is quiet again proves nothing: has anybody at the scene confirmed it?",
    *YES_NO,
)


def _call_home(zh: str, en: str, say: tuple[str, str], *, ok: str = "confirm", help_: str = "fire_service") -> PlanStep:
    return call_resident(zh, en, *spoken(ok, help_, "confirm"), say=say)


_CONFIRM_SMOKE: Final = step(
    "confirm",
    StepKind.ASK,
    "是否属实？同时联系邻居或物业到门外看；60秒内联系不上任何人即报119",
    "Is it real? Ask a neighbour or the guard to look from outside; nobody reached within 60 s: 119",
    *_CONFIRMED,
)
_FIRE_WORDS: Final = (
    _HELLO + "您家里烟感报警了。看到烟或火吗？请马上离开，弯腰低头，不要坐电梯，不要回去拿东西。出来后请告诉我。",
    _HELLO_EN + "Your smoke alarm sounds. Do you see smoke or fire? Leave now, keep low, take no lift, fetch nothing. "
    "Tell me when you are out.",
)
_NEIGHBOURS: Final = task(
    "neighbours",
    StepKind.NOTIFY,
    "通知同楼邻居和物业：撤离、开通消防通道",
    "Tell neighbours and guards: leave, and keep the way free",
    to="contact",
)

FIRE: Final = Plan(
    name="fire",
    zh="火警",
    en="Fire",
    steps=(
        _safety_first("不要进入，不要坐电梯，拨打119", "Do not go in, take no lift, call 119"),
        FIRE_SERVICE,
        _call_home(
            "呼叫家里每一部电话，叫人出来",
            "Call every number of the home: get people out",
            _FIRE_WORDS,
            ok="inside",
            help_="inside",
        ),
        TEXT_RESIDENT,
        step(
            "confirm",
            StepKind.ASK,
            "电话无人应答：按有人被困处置",
            "No answer by telephone: act as if somebody were trapped",
            *_CONFIRMED,
        ),
        _INSIDE,
        _TRAINED,
        tell_family("立即电话告知家人", "Tell the family at once by voice"),
        _NEIGHBOURS,
        AMBULANCE,
        _ARRIVAL,
        _CLEARED,
        close(
            SafetyKind.SEEN_BY, SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.HANDED_OVER, SafetyKind.SUPERVISOR_DECISION
        ),
    ),
)
SMOKE: Final = Plan(
    name="smoke",
    zh="烟感、温感火警",
    en="Smoke or heat alarm",
    steps=(
        _safety_first(
            "不要进入有烟的房间，不要坐电梯，拨打119", "Do not enter a room with smoke, take no lift, call 119"
        ),
        _call_home("马上呼叫家里", "Call the home at once", _FIRE_WORDS),
        TEXT_RESIDENT,
        _CONFIRM_SMOKE,
        FIRE_SERVICE,
        _INSIDE,
        _TRAINED,
        tell_family("立即电话告知家人", "Tell the family at once by voice"),
        _NEIGHBOURS,
        AMBULANCE,
        _ARRIVAL,
        _CLEARED,
        close(
            SafetyKind.SEEN_BY, SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.HANDED_OVER, SafetyKind.SUPERVISOR_DECISION
        ),
    ),
)
GAS: Final = Plan(
    name="gas",
    zh="燃气泄漏",
    en="Gas leak",
    steps=(
        _safety_first(
            "不要进入，不要开关电器，不按门铃，不坐电梯，在屋外拨打119",
            "Do not go in, touch no switch, no bell, no lift; call 119 from outside",
        ),
        _call_home(
            "呼叫家里，请其开窗、关阀、离开；不要在屋里再打电话",
            "Call the home: open windows, close the valve, leave; no more telephoning inside",
            (
                _HELLO + "您家燃气报警了。不要开关任何电器，不要点火，能关就关总阀，打开门窗，"
                "马上到屋外，到外面再给我们打电话。",
                _HELLO_EN + "Your gas alarm sounds. Touch no switch, light nothing, close the valve if you can, open "
                "the windows, go outside now and call us from there.",
            ),
        ),
        TEXT_RESIDENT,
        _CONFIRM_SMOKE,
        FIRE_SERVICE,
        task(
            "gas_company", StepKind.CALL, "通知燃气公司抢修电话", "Ring the gas company's emergency line", to="service"
        ),
        _INSIDE,
        _TRAINED,
        tell_family("立即电话告知家人，不要进屋", "Tell the family at once by voice: do not go in"),
        _NEIGHBOURS,
        AMBULANCE,
        _ARRIVAL,
        _CLEARED,
        close(
            SafetyKind.SEEN_BY, SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.HANDED_OVER, SafetyKind.SUPERVISOR_DECISION
        ),
    ),
)
CARBON_MONOXIDE: Final = Plan(
    name="carbon_monoxide",
    zh="一氧化碳超标",
    en="Carbon monoxide",
    steps=(
        _safety_first(
            "马上出来，不要进入：没有呼吸防护的人只能在屋外，拨打120和119",
            "Out at once, do not go in: without breathing gear stay outside; call 120 and 119",
        ),
        _call_home(
            "呼叫家里每一部电话；迷糊、头痛也是中毒",
            "Call every number of the home; dazed or a headache is poisoning too",
            (
                _HELLO + "您家一氧化碳超标，这会要命。马上出门，叫上屋里所有人，出来再说话。头晕、恶心吗？",
                _HELLO_EN
                + "Carbon monoxide in your home: it kills. Go out now and take everybody with you, then talk. "
                "Are you dizzy or sick?",
            ),
            ok="others",
            help_="others",
        ),
        TEXT_RESIDENT,
        step(
            "confirm",
            StepKind.ASK,
            "无人应答按有人昏迷处置",
            "No answer: act as if somebody were unconscious",
            *_CONFIRMED,
        ),
        step(
            "others",
            StepKind.ASK,
            "家里还有没有其他人？楼上楼下呢？",
            "Are there any other people in the home? Above or below?",
            choice("all_out", "全部撤出", "All out", "inside"),
            choice("somebody_inside", "还有人在里面", "Somebody is inside"),
            choice("unknown", "不清楚", "Not known"),
        ),
        AMBULANCE,
        FIRE_SERVICE,
        _INSIDE,
        _TRAINED,
        tell_family("立即电话告知家人，不要进屋", "Tell the family at once by voice: do not go in"),
        _NEIGHBOURS,
        _ARRIVAL,
        _CLEARED,
        close(
            SafetyKind.SEEN_BY, SafetyKind.HANDED_OVER, SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.SUPERVISOR_DECISION
        ),
    ),
)
INTRUSION: Final = Plan(
    name="intrusion",
    zh="闯入",
    en="Intrusion",
    steps=(
        _safety_first("不派人进入，不惊动，由人拨打110", "Send nobody in, warn nobody there; a person calls 110"),
        call_resident(
            "呼叫本人，只问能用“是”“不是”回答的话，核对安全词",
            "Call the resident; ask only what yes or no can answer, and check the agreed word",
            choice("right_word", "安全词正确，确认无事", "The right word, all is well", "inside"),
            choice("duress", "说出胁迫暗语", "Says the duress word", "police"),
            choice("spoke_help", "有陌生人", "A stranger is there", "police"),
            choice("no_answer", "无人应答", "No answer", "police"),
            say=(
                _HELLO + "给您做例行回访，请告诉我我们约定的那句话。",
                _HELLO_EN + "A routine call: please tell me the word we agreed on.",
            ),
        ),
        TEXT_RESIDENT,
        POLICE,
        step(
            "inside", StepKind.ASK, "是家人、护工还是本人触发？", "Was it the family, a carer or the resident?", *YES_NO
        ),
        tell_family(
            "确认后告知家人，不要自行前往", "Tell the family once confirmed; they should not go there by themselves"
        ),
        close(
            SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.SEEN_BY, SafetyKind.HANDED_OVER, SafetyKind.SUPERVISOR_DECISION
        ),
    ),
)
WATER_LEAK: Final = Plan(
    name="water_leak",
    zh="水浸",
    en="Water leak",
    steps=(
        _safety_first("有水处不要碰电器和插座", "Touch no appliance or socket where the floor is wet"),
        call_resident(
            "呼叫本人：关水阀，小心滑倒",
            "Call: close the tap, mind the wet floor",
            *spoken("guard", "send", "guard"),
            say=(
                _HELLO + "您家水浸报警，能关上水阀吗？小心滑倒，别碰插座。",
                _HELLO_EN + "Water alarm in your home. Can you close the tap? Mind the floor, touch no socket.",
            ),
        ),
        TEXT_RESIDENT,
        task("guard", StepKind.NOTIFY, "通知物业关总阀", "Ask the property guard to close the main", to="service"),
        send("staff", "失能独居的，派一名人员上门", "Dependent and alone: send somebody"),
        tell_family(),
        close(
            SafetyKind.SPOKE_WITH_RESIDENT,
            SafetyKind.SEEN_BY,
            SafetyKind.NO_PERSON_INVOLVED,
            SafetyKind.SUPERVISOR_DECISION,
        ),
    ),
)
POWER_LOST_DEPENDENT: Final = Plan(
    name="power_lost_dependent",
    zh="断电·依赖设备",
    en="Power cut, equipment at home",
    steps=(
        call_resident(
            "马上联系：制氧机、呼吸机还能用多久？",
            "Call at once: how long do oxygen or ventilator still last?",
            *spoken("reserve", "ambulance", "send"),
            say=(
                _HELLO + "您家停电了。机器还在工作吗？备用氧气或电池能用多久？",
                _HELLO_EN + "Your power is out. Does the machine work? How long does the reserve last?",
            ),
            speechless=None,
        ),
        step(
            "reserve",
            StepKind.ASK,
            "备用不足1小时即呼叫120",
            "Less than an hour left: the ambulance",
            choice("less_than_1h", "不足1小时", "Less than an hour", "ambulance"),
            choice("enough", "够用", "Enough", "power_company"),
            choice("unknown", "不清楚", "Not known", "ambulance"),
        ),
        AMBULANCE,
        send(
            "staff",
            "15分钟联系不上：派一名人员带备用电源或氧气",
            "Not reached in 15 minutes: send one with a spare battery or oxygen",
        ),
        task(
            "power_company",
            StepKind.CALL,
            "询问供电公司恢复时间，登记为重要用户",
            "Ask the power company when it returns; on their list of vital customers",
            to="service",
        ),
        tell_family(),
        ARRIVAL,
        step("entry", StepKind.ASK, "进门办法：持钥匙人、物业", "Ways in: key holder, concierge", *DONE),
        close(),
    ),
)

PLANS: Final = (FIRE, SMOKE, GAS, CARBON_MONOXIDE, INTRUSION, WATER_LEAK, POWER_LOST_DEPENDENT)
