"""The built-in plans where nobody has called, or nobody knows what for: silence, late calls, visits, responders."""

from __future__ import annotations

from typing import Final

from rules.domain.plans import Plan, StepKind
from rules.domain.plans_parts import (
    AMBULANCE,
    ARRIVAL,
    ASK_WHERE,
    CODE_WORD,
    DONE,
    ENTRY,
    HELLO,
    HELLO_EN,
    POLICE,
    SECOND_CALL,
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

INACTIVITY: Final = Plan(
    name="inactivity",
    zh="长时间无活动",
    en="Inactivity",
    steps=(
        call_resident(
            "呼叫本人；同时在设备上提示",
            "Call them, and let the device ask",
            *spoken("code_word", "send", "wait"),
            say=(
                HELLO + "好久没看到您活动了，您还好吗？",
                HELLO_EN + "We have not seen you move about. Are you well?",
            ),
        ),
        step("wait", StepKind.WAIT, "等10分钟再呼叫一次", "Wait 10 minutes, then call again", wait_s=600),
        call_resident(
            "第二次呼叫；仍无人应答即派人上门",
            "The second call; no answer again: send",
            *spoken("code_word", "send", "key_holder"),
            say=(HELLO + "您听得到吗？", HELLO_EN + "Can you hear me?"),
            name="call_again",
        ),
        TEXT_RESIDENT,
        step(
            "key_holder",
            StepKind.CALL,
            "请持钥匙人去看一看；对方须当面见到本人才算",
            "Ask the key holder to look; it counts only when they see the person",
            choice("seen", "已见到本人", "Seen", "close"),
            choice("no_answer", "未联系上", "Not reached", "send"),
            choice("going", "正在去", "On the way"),
            to="contact",
        ),
        send("staff", "派一名人员上门，见到本人为止", "Send one; the visit ends when the person is seen"),
        CODE_WORD,
        AMBULANCE,
        POLICE,
        ARRIVAL,
        ENTRY,
        close(
            SafetyKind.SEEN_BY, SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.HANDED_OVER, SafetyKind.SUPERVISOR_DECISION
        ),
    ),
)
INACTIVITY_UNKNOWN: Final = Plan(
    name="inactivity_unknown",
    zh="无活动·状态不明",
    en="Inactivity, sensor not proven",
    steps=(
        call_resident(
            "今天内联系到本人；传感器未证实正常，不能当作没事",
            "Reach them today; the sensor is not proven alive, so silence proves nothing",
            *spoken("order", "worker", "worker"),
            say=(HELLO + "给您打个平安电话，您还好吗？", HELLO_EN + "This is a wellbeing call. Are you well?"),
            speechless=None,
        ),
        task(
            "worker",
            StepKind.NOTIFY,
            "请社区助老员今天上门",
            "Ask the community care worker to call in today",
            to="service",
        ),
        task("order", StepKind.NOTIFY, "为传感器派维修单", "Order the sensor's repair", to="service"),
        close(SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.SEEN_BY),
    ),
)
REMOVED_DEMENTIA: Final = Plan(
    name="removed_dementia",
    zh="手环脱落（失智）",
    en="Band taken off (dementia)",
    steps=(
        step(
            "family_call",
            StepKind.CALL,
            "联系家人或同住人：人在哪里？请当面看到并戴回",
            "Call the family or whoever lives there: where are they? See them, and put it back on",
            choice("seen", "已见到并戴回", "Seen, and worn again", "close"),
            choice("not_there", "人不在", "Not there", "send"),
            choice("no_answer", "未联系上", "Not reached", "send"),
            to="contact",
        ),
        send("staff", "派人上门；不在家按疑似走失处置", "Send somebody; not at home: treat as wandering"),
        close(SafetyKind.SEEN_BY, SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.HANDED_OVER),
    ),
)
RETAINED_CALL: Final = Plan(
    name="retained_call",
    zh="保留/补报求助",
    en="Call for help, kept or sent later",
    steps=(
        call_resident(
            "当作求助回拨：我们不知道是什么时候按的",
            "Call back as for any call: nobody knows when it was pressed",
            *spoken("code_word", "send", "call_again"),
            say=(
                HELLO + "我们刚收到您早些时候的一次求助，您现在需要帮助吗？",
                HELLO_EN + "We have just got a call for help of yours from earlier. Do you need help now?",
            ),
        ),
        SECOND_CALL,
        TEXT_RESIDENT,
        ASK_WHERE,
        CODE_WORD,
        send("staff", "无人应答：派一名人员上门", "No answer: send one"),
        tell_family(),
        AMBULANCE,
        POLICE,
        ARRIVAL,
        ENTRY,
        task("vendor", StepKind.NOTIFY, "请厂商查明为何迟到", "Ask the vendor why it came late", to="service"),
        close(),
    ),
)
UNKNOWN: Final = Plan(
    name="unknown",
    zh="未知类型",
    en="Unknown kind of alarm",
    steps=(
        call_resident(
            "当作求助回拨；看原始报文猜测含义，不要等",
            "Call back as for any call; see the raw message, do not wait for its meaning",
            *spoken("code_word", "send", "call_again"),
            say=(HELLO + "您的设备发来了报警，您需要帮助吗？", HELLO_EN + "Your device has alarmed. Do you need help?"),
        ),
        SECOND_CALL,
        TEXT_RESIDENT,
        ASK_WHERE,
        CODE_WORD,
        send("staff", "无人应答：请值班长决定派人", "No answer: the supervisor decides whom to send"),
        AMBULANCE,
        POLICE,
        ARRIVAL,
        ENTRY,
        task("mapping", StepKind.NOTIFY, "派单：补充报文对照", "Order: map this kind of message", to="service"),
        close(
            SafetyKind.SPOKE_WITH_RESIDENT,
            SafetyKind.SEEN_BY,
            SafetyKind.HANDED_OVER,
            SafetyKind.NO_PERSON_INVOLVED,
            SafetyKind.SUPERVISOR_DECISION,
        ),
    ),
)
UNREGISTERED: Final = Plan(
    name="unregistered",
    zh="未登记求助",
    en="Unregistered calls",
    steps=(
        step(
            "vendor_line",
            StepKind.CALL,
            "拨设备SIM号码或厂商24小时电话，问出是谁、在哪里",
            "Ring the device's SIM or the vendor's 24 h line: who is it, and where",
            choice("known", "已知是谁", "Known", "call_resident"),
            choice("not_known", "仍不知道", "Not known"),
            to="service",
        ),
        step(
            "place",
            StepKind.ASK,
            "有定位时按紧急求助派人；逐个看列表，不要只看第一个",
            "With a fix: send as for any call; look at every one on the list, not only the first",
            choice("send", "派人", "Send", "send"),
            choice("no_place", "没有位置", "No place"),
        ),
        call_resident(
            "联系本人",
            "Call the person",
            *spoken("close", "send", "send"),
            say=(HELLO + "您的设备向我们求助，您需要帮助吗？", HELLO_EN + "Your device called us. Do you need help?"),
            speechless=None,
        ),
        send("staff", "就近派人", "Send the nearest"),
        AMBULANCE,
        task("adopt", StepKind.ASK, "补录设备和服务对象", "Register the device and its resident"),
        close(
            SafetyKind.SPOKE_WITH_RESIDENT,
            SafetyKind.SEEN_BY,
            SafetyKind.HANDED_OVER,
            SafetyKind.NO_PERSON_INVOLVED,
            SafetyKind.SUPERVISOR_DECISION,
        ),
    ),
)
VISIT_MISSED: Final = Plan(
    name="visit_missed",
    zh="漏访",
    en="Missed visit",
    steps=(
        step(
            "carer",
            StepKind.CALL,
            "先问应访人员：去了没有登记，还是没有去",
            "Ask the visitor first: went and did not say so, or did not go",
            choice("went", "已去", "Went", "close"),
            choice("not_gone", "未去", "Did not go"),
            choice("no_answer", "未联系上", "Not reached"),
            to="service",
        ),
        call_resident(
            "呼叫本人",
            "Call the resident",
            *spoken("close", "send", "send"),
            say=(HELLO + "今天的探访推迟了，您一切都好吗？", HELLO_EN + "Today's visit is late. Is all well?"),
            speechless=None,
        ),
        send("staff", "派一名人员补访", "Send somebody to make the visit"),
        close(SafetyKind.SEEN_BY, SafetyKind.SPOKE_WITH_RESIDENT),
    ),
)
WELLBEING: Final = Plan(
    name="wellbeing",
    zh="平安问候未接",
    en="Wellbeing call unanswered",
    steps=(
        call_resident(
            "再呼叫一次",
            "Call once more",
            *spoken("close", "send", "contact"),
            say=(HELLO + "平安问候，您今天好吗？", HELLO_EN + "A wellbeing call: how are you today?"),
            speechless=None,
        ),
        step(
            "contact",
            StepKind.CALL,
            "问紧急联系人：今天见过或通过话的任何一位都可以回答",
            "Ask the contacts: any who saw or spoke with them today may answer",
            choice("well", "联系人确认平安", "A contact says all is well", "close"),
            choice("no_answer", "都未联系上", "None reached"),
            to="contact",
        ),
        send("staff", "到傍晚仍无音讯：派一名人员上门", "Nothing by the evening: send somebody"),
        close(SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.SEEN_BY),
    ),
)
RESPONDER_SILENT: Final = Plan(
    name="responder_silent",
    zh="救助人员失联",
    en="Responder does not answer",
    steps=(
        step(
            "call_responder",
            StepKind.CALL,
            "呼叫救助人员两次；无人应答当作其有危险",
            "Call the responder twice; without an answer treat them as in danger",
            choice("spoke_ok", "平安", "All is well", "close"),
            choice("duress", "说出暗语", "Says the duress word", "police"),
            choice("no_answer", "无人应答", "No answer"),
            say=(
                "请报告您的位置和状况，需要支援吗？",
                "Please say where you are and how it stands. Do you need support?",
            ),
            to="responder",
        ),
        send("staff", "派第二组两人同行，不得单人前往", "Send a second pair; nobody goes alone"),
        POLICE,
        AMBULANCE,
        step("wait", StepKind.WAIT, "每5分钟回报一次", "A report every 5 minutes", *DONE, wait_s=300),
        step(
            "resident_too",
            StepKind.ASK,
            "原案中的服务对象是否另有人到场？",
            "Has somebody else reached the resident of the first case?",
            *YES_NO,
        ),
        close(
            SafetyKind.SEEN_BY, SafetyKind.HANDED_OVER, SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.SUPERVISOR_DECISION
        ),
    ),
)

PLANS: Final = (
    INACTIVITY,
    INACTIVITY_UNKNOWN,
    REMOVED_DEMENTIA,
    RETAINED_CALL,
    UNKNOWN,
    UNREGISTERED,
    VISIT_MISSED,
    WELLBEING,
    RESPONDER_SILENT,
)
