"""What the built-in plans are put together from: the steps that several of them share, word for word."""

from __future__ import annotations

from typing import Final

from rules.domain.plans import Choice, PlanStep, StepKind
from rules.domain.vocabulary import SafetyKind

#: Answers of a question that is only ticked.
DONE: Final = (
    Choice(value="done", zh="已完成", en="Done"),
    Choice(value="not_possible", zh="做不到", en="Not possible"),
)
YES_NO: Final = (
    Choice(value="yes", zh="是", en="Yes"),
    Choice(value="no", zh="否", en="No"),
    Choice(value="unknown", zh="不清楚", en="Not known"),
)


def choice(value: str, zh: str, en: str, goes_to: str = "") -> Choice:
    """One answer, and the step it leads to where that is not the next."""
    return Choice(value=value, zh=zh, en=en, goes_to=goes_to)


def step(
    name: str,
    kind: StepKind,
    zh: str,
    en: str,
    *choices: Choice,
    say: tuple[str, str] = ("", ""),
    to: str = "",
    wait_s: int = 0,
    speechless: bool | None = None,
) -> PlanStep:
    """One step; `say` is the script in Chinese and in English."""
    return PlanStep(
        name=name,
        kind=kind,
        zh=zh,
        en=en,
        script_zh=say[0],
        script_en=say[1],
        to=to,
        wait_s=wait_s,
        choices=choices,
        speechless=speechless,
    )


#: A worn device's place is where the person was; only the person knows where they are.
ASK_WHERE: Final = step(
    "where",
    StepKind.ASK,
    "佩戴式设备且位置只是参考时，先问在哪里，再派人",
    "A worn device whose place is only a hint: ask where they are before anybody is sent",
    choice("at_home", "在家", "At home"),
    choice("elsewhere", "在别处（记下地点）", "Elsewhere (write down where)"),
    choice("cannot_say", "说不清", "Cannot say"),
    say=(
        "您现在在哪里？旁边有什么建筑、路牌或店铺？",
        "Where are you now? What building, road sign or shop is near you?",
    ),
)


def call_resident(
    zh: str,
    en: str,
    *choices: Choice,
    say: tuple[str, str],
    name: str = "call_resident",
    speechless: bool | None = False,
) -> PlanStep:
    """The call-back; no answer is the outcome of a call and never of a case."""
    return step(name, StepKind.CALL, zh, en, *choices, say=say, to="resident", speechless=speechless)


def spoken(ok: str, help_: str, no_answer: str) -> tuple[Choice, ...]:
    """How a call can end, and where each end leads."""
    return (
        choice("spoke_ok", "本人说没事", "They say all is well", ok),
        choice("spoke_help", "本人要求帮助", "They ask for help", help_),
        choice("no_answer", "无人接听、听不清或占线", "No answer, unclear or busy", no_answer),
    )


HELLO: Final = "您好，这里是守望应急呼叫中心。"
HELLO_EN: Final = "This is the Shouwang emergency centre. "
SECOND_CALL: Final = call_resident(
    "马上再呼叫一次，并试家中其他电话；两次无人应答即派人，不再等",
    "Call again at once, also the home's other numbers; after two calls without an answer send, wait no longer",
    *spoken("code_word", "send", "send"),
    say=(HELLO + "您听得到吗？听得到请敲一下话筒。", HELLO_EN + "Can you hear me? If so, tap the phone."),
    name="call_again",
)
#: "I am fine" may be said with somebody standing behind.
CODE_WORD: Final = step(
    "code_word",
    StepKind.ASK,
    "核对约定的安全词；说出胁迫暗语时不要追问，按被胁迫处置",
    "Check the agreed word; on the duress word ask nothing more and act as if they were threatened",
    choice("right", "安全词正确", "The right word"),
    choice("another_question", "没有约定，已用另一问题核实", "None agreed: verified by another question"),
    choice("duress", "说出胁迫暗语，或语气不对", "The duress word, or it does not sound right", "police"),
    choice("wrong", "答不上来", "Cannot answer", "send"),
    say=(
        "为了确认是您本人，请告诉我我们约定的那句话。",
        "So that I know it is you, please tell me the word we agreed on.",
    ),
)
TEXT_RESIDENT: Final = step(
    "text_resident",
    StepKind.NOTIFY,
    "不能通话：在设备或手机上发文字，同时就近派人；没有回复不等于没事",
    "Cannot use the telephone: write to the device or phone while the nearest person goes; silence is not an all-clear",
    *DONE,
    say=(
        "我们收到了您的求助，正在安排人上门。如果可以，请按一下设备或回复数字1。",
        "We have your call and are asking somebody to come. If you can, press the device or answer 1.",
    ),
    to="resident",
    speechless=True,
)


def send(to: str, zh: str, en: str) -> PlanStep:
    """People are sent; going on without anybody is a choice that is on record."""
    return step(
        "send",
        StepKind.DISPATCH,
        zh,
        en,
        choice("sent", "已调派", "Sent"),
        choice("nobody_available", "无人可派，请值班长", "Nobody can go: the supervisor decides"),
        to=to,
    )


def tell_family(
    zh: str = "按约定通知紧急联系人（禁止通知的除外）", en: str = "Tell the contacts as agreed, never a barred one"
) -> PlanStep:
    return step(
        "family",
        StepKind.NOTIFY,
        zh,
        en,
        choice("reached", "已告知", "Reached"),
        choice("not_reached", "未联系上，换下一位", "Not reached: the next one"),
        say=(
            "您好，这里是守望应急呼叫中心。您登记照看的老人发出了求助，我们正在处置，请保持电话畅通。您手上有钥匙吗？",
            "This is the Shouwang emergency centre. The person you are a contact of has called for help "
            "and we are acting. Please keep your phone free. Do you have a key?",
        ),
        to="contact",
    )


def service(name: str, number: str, zh: str, en: str) -> PlanStep:
    """An emergency service by the direct number of the place of the incident, never the centre's own."""
    return step(
        name,
        StepKind.CALL,
        f"{zh}（{number}，拨事发地的直线号码，按移交卡宣读）",
        f"{en} ({number}: the direct number of the place of the incident; read the card aloud)",
        choice("accepted", "已受理", "Accepted"),
        choice("queued", "需等待，约定回拨", "Queued: agree when we ring back"),
        choice("rejected", "未受理，记录原因", "Rejected: write down why"),
        choice("not_needed", "已核实不需要", "Verified: not needed"),
        to="service",
    )


AMBULANCE: Final = service(
    "ambulance",
    "120",
    "呼叫急救：受伤、疼痛、呼吸困难、意识不清、服用抗凝药或无人应答",
    "Ambulance: injured, in pain, short of breath, not clear, on anticoagulants, or no answer",
)
FIRE_SERVICE: Final = service(
    "fire_service",
    "119",
    "报火警：一经确认，或60秒内联系不上家中任何人",
    "Fire service: on any confirmation, or nobody in the home reached within 60 s",
)
POLICE: Final = service(
    "police", "110", "报警：有人闯入、被胁迫或失踪", "Police: an intruder, a threat, or somebody missing"
)

ARRIVAL: Final = step(
    "arrival",
    StepKind.WAIT,
    "等到场报告：是否进门、是否见到本人、状况如何；超时未到再派一组，不撤先派的人",
    "Wait for the report from the scene: inside? seen? how? If overdue send more, and keep those already sent",
    choice("seen", "已见到本人", "Seen"),
    choice("no_entry", "进不去门", "Cannot get in", "entry"),
    choice("overdue", "未按时到场", "Not there in time", "send"),
    wait_s=300,
)
ENTRY: Final = step(
    "entry",
    StepKind.ASK,
    "进门办法：持钥匙人、钥匙盒、门禁密码、物业；都不行时按登记的同意破门并请110到场",
    "Ways in: key holder, key box, gate code, concierge; else force it as consented on record, with the police there",
    *DONE,
)


def close(*known_by: SafetyKind) -> PlanStep:
    """Nothing is resolved before it is known how the person is safe."""
    kinds = known_by or (
        SafetyKind.SPOKE_WITH_RESIDENT,
        SafetyKind.SEEN_BY,
        SafetyKind.HANDED_OVER,
        SafetyKind.SUPERVISOR_DECISION,
    )
    return step(
        "close",
        StepKind.CLOSE,
        "怎样确认本人平安？无人应答不能结案",
        "How is it known that the person is safe? No answer is no end",
        *(Choice(value=str(kind), zh=_SAFETY[kind][0], en=_SAFETY[kind][1]) for kind in kinds),
    )


_SAFETY: Final = {
    SafetyKind.SPOKE_WITH_RESIDENT: ("与本人通话核实", "Spoke with the resident"),
    SafetyKind.SEEN_BY: ("有人当面见到本人", "Seen by somebody"),
    SafetyKind.HANDED_OVER: ("已移交110/119/120并受理", "Handed off to 110/119/120 and accepted"),
    SafetyKind.NO_PERSON_INVOLVED: ("不涉及人员（设备、测试）", "No person involved (technical, test)"),
    SafetyKind.SUPERVISOR_DECISION: (
        "值班长决定（双人，写明理由）",
        "Supervisor's decision (two people, with a reason)",
    ),
}
TECHNICAL_CLOSE: Final = step(
    "close",
    StepKind.CLOSE,
    "恢复正常、已更换或已登记停用后办结",
    "Done once it works again, was changed, or is on record as out of use",
    Choice(value="works_again", zh="已恢复", en="Works again"),
    Choice(value="changed", zh="已更换", en="Changed"),
    Choice(value="out_of_use", zh="已停用", en="Out of use"),
)


def task(name: str, kind: StepKind, zh: str, en: str, *, to: str = "") -> PlanStep:
    """A plain thing to do, ticked when done."""
    return step(name, kind, zh, en, *DONE, to=to)
