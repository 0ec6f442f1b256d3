"""The built-in plans where a person is in trouble: calls, falls, vital signs, wandering, silence."""

from __future__ import annotations

from typing import Final

from rules.domain.plans import Plan, StepKind
from rules.domain.plans_parts import (
    AMBULANCE,
    ARRIVAL,
    ASK_WHERE,
    CODE_WORD,
    ENTRY,
    HELLO,
    HELLO_EN,
    POLICE,
    SECOND_CALL,
    TEXT_RESIDENT,
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

_SEND_STAFF: Final = send(
    "staff",
    "就近调派两名上门救助人员；无法通话的人不等通话结果",
    "Send the two nearest responders; for who cannot use the telephone do not wait for a call",
)


SOS: Final = Plan(
    name="sos",
    zh="紧急求助",
    en="Call for help",
    steps=(
        call_resident(
            "回拨本人，先听清有没有呼救和背景声",
            "Call back; listen first for cries and for what is behind",
            *spoken("where", "where", "call_again"),
            say=(
                HELLO + "您刚才按了求助键，需要帮助吗？哪里不舒服？身边有人吗？",
                HELLO_EN + "You pressed for help. What do you need? Where does it hurt? Is anybody with you?",
            ),
        ),
        SECOND_CALL,
        TEXT_RESIDENT,
        ASK_WHERE,
        CODE_WORD,
        _SEND_STAFF,
        tell_family(),
        AMBULANCE,
        POLICE,
        ARRIVAL,
        ENTRY,
        close(),
    ),
)
SOS_NO_VOICE: Final = Plan(
    name="sos_no_voice",
    zh="紧急求助·无法通话",
    en="Call for help, cannot speak or hear",
    steps=(
        send(
            "staff",
            "立即就近派人，不等通话：听不见、说不出的人不算无人应答",
            'Send the nearest at once: who cannot hear or speak is never a "no answer"',
        ),
        TEXT_RESIDENT,
        ASK_WHERE,
        tell_family(
            "立即通知紧急联系人，请能当面沟通的人过去",
            "Tell the contacts at once; ask one who can talk with them to go",
        ),
        AMBULANCE,
        POLICE,
        ARRIVAL,
        ENTRY,
        close(SafetyKind.SEEN_BY, SafetyKind.HANDED_OVER, SafetyKind.SUPERVISOR_DECISION),
    ),
)
FALL: Final = Plan(
    name="fall",
    zh="跌倒",
    en="Fall",
    steps=(
        call_resident(
            "回拨本人；不要让其自己起身",
            "Call back; they should not get up by themselves",
            *spoken("injured", "injured", "call_again"),
            say=(
                HELLO + "您是不是跌倒了？先不要起身。头有没有碰到？哪里疼？能动吗？",
                HELLO_EN + "Did you fall? Please stay down. Did you hit your head? Where does it hurt? Can you move?",
            ),
        ),
        SECOND_CALL,
        TEXT_RESIDENT,
        step(
            "injured",
            StepKind.ASK,
            "有无疼痛、碰头、出血、服用抗凝药？有一项即呼叫120",
            "Pain, head hit, bleeding, on anticoagulants? Any of them: the ambulance",
            choice("yes", "有", "Yes", "ambulance"),
            choice("no", "没有", "No", "code_word"),
            choice("unknown", "不清楚", "Not known", "ambulance"),
        ),
        ASK_WHERE,
        CODE_WORD,
        AMBULANCE,
        _SEND_STAFF,
        tell_family(),
        POLICE,
        ARRIVAL,
        ENTRY,
        close(),
    ),
)
MEDICAL: Final = Plan(
    name="medical",
    zh="体征危急",
    en="Vital signs in danger",
    steps=(
        call_resident(
            "回拨本人，核实感觉和设备佩戴情况",
            "Call back; how do they feel, and is the device worn well",
            *spoken("feeling", "ambulance", "call_again"),
            say=(
                HELLO + "您的设备提示身体指标不正常。您现在胸闷、气短或头晕吗？",
                HELLO_EN
                + "Your device says that something is not right. Is your chest tight, are you breathless or dizzy?",
            ),
        ),
        SECOND_CALL,
        TEXT_RESIDENT,
        step(
            "feeling",
            StepKind.ASK,
            "有胸闷、气短、意识不清或偏瘫？有一项即呼叫120",
            "Tight chest, breathless, not clear, one side weak? Any of them: the ambulance",
            choice("yes", "有", "Yes", "ambulance"),
            choice("no", "没有，请其五分钟后复测", "No: measure again in five minutes"),
            choice("unknown", "说不清", "Cannot say", "ambulance"),
        ),
        ASK_WHERE,
        CODE_WORD,
        AMBULANCE,
        _SEND_STAFF,
        tell_family(),
        task("doctor", StepKind.NOTIFY, "告知签约家庭医生", "Tell the family doctor", to="service"),
        POLICE,
        ARRIVAL,
        ENTRY,
        close(),
    ),
)
MEDICAL_ATTENTION: Final = Plan(
    name="medical_attention",
    zh="体征异常",
    en="Vital signs out of bounds",
    steps=(
        call_resident(
            "联系本人，请其静坐五分钟后复测",
            "Call; ask them to sit still for five minutes and measure again",
            *spoken("doctor", "ambulance", "worker"),
            say=(
                HELLO + "您的测量值和平时不一样，您感觉怎么样？",
                HELLO_EN + "Your reading is not as usual. How do you feel?",
            ),
            speechless=None,
        ),
        AMBULANCE,
        task(
            "worker",
            StepKind.NOTIFY,
            "请社区助老员今天上门看望",
            "Ask the community care worker to look in today",
            to="service",
        ),
        task(
            "doctor",
            StepKind.NOTIFY,
            "工作时间告知签约家庭医生",
            "Tell the family doctor in working hours",
            to="service",
        ),
        close(SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.SEEN_BY, SafetyKind.HANDED_OVER),
    ),
)
WANDERING: Final = Plan(
    name="wandering",
    zh="疑似走失",
    en="Wandering",
    steps=(
        task(
            "faster_fixes",
            StepKind.ASK,
            "请设备加快定位，看位置、时间和精度",
            "Ask the device for faster fixes; see place, age and accuracy",
        ),
        call_resident(
            "呼叫手环或手机，语气平缓，请其原地等候",
            "Call the band or phone, calmly; ask them to wait where they are",
            *spoken("where", "send", "family"),
            say=(
                HELLO + "您好，您现在走到哪里了？旁边有店吗？请在那里等一下，我们来接您。",
                HELLO_EN + "Where have you got to? Is there a shop? Please wait there, we are coming to meet you.",
            ),
        ),
        TEXT_RESIDENT,
        ASK_WHERE,
        tell_family(
            "立即告知家人，问：和谁在一起、常去哪里、穿什么",
            "Tell the family at once: with whom, where do they like to go, what do they wear",
        ),
        step(
            "with_somebody",
            StepKind.ASK,
            "是否有人陪同并已核实？",
            "Is somebody with them, and is that verified?",
            choice("yes", "是，已核实", "Yes, verified", "close"),
            choice("no", "否", "No"),
            choice("unknown", "不清楚", "Not known"),
        ),
        send(
            "staff",
            "按位置调派最近人员和约定的志愿者，先查水边、车站、老宅",
            "Send the nearest staff and agreed volunteers; water, stations and the old home first",
        ),
        step(
            "police",
            StepKind.CALL,
            "报警（110）：夜间、严寒、酷暑、近水即报，其他最迟15分钟；带照片、衣着和最后位置",
            "Police (110): at once at night, in frost or heat, near water; else at 15 min; photo, clothes, last place",
            choice("accepted", "已受理", "Accepted"),
            choice("queued", "需等待，约定回拨", "Queued: agree when we ring back"),
            choice("not_needed", "已找到", "Found"),
            to="service",
        ),
        AMBULANCE,
        ARRIVAL,
        task(
            "entry",
            StepKind.ASK,
            "不在最后位置：按家人说的地点扩大查找",
            "Not at the last place: widen the search as the family says",
        ),
        close(
            SafetyKind.SEEN_BY, SafetyKind.HANDED_OVER, SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.SUPERVISOR_DECISION
        ),
    ),
)
FENCE_EXIT: Final = Plan(
    name="fence_exit",
    zh="出围栏",
    en="Outside the fence",
    steps=(
        task("log", StepKind.ASK, "记录即可；照护计划另有要求的除外", "For the record, unless the care plan says more"),
        close(SafetyKind.NO_PERSON_INVOLVED, SafetyKind.SPOKE_WITH_RESIDENT),
    ),
)
PLANS: Final = (SOS, SOS_NO_VOICE, FALL, MEDICAL, MEDICAL_ATTENTION, WANDERING, FENCE_EXIT)
