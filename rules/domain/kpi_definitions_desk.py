"""What the figures of the desk, the field and the notices mean (centre.md, part 2)."""

from __future__ import annotations

from typing import Final

from rules.domain.kpi import Exclusion, Kind, Target
from rules.domain.kpi_definition import Definition, Figure, NoData, Words

_NONE: Final = Words("–", "–")
_SEEN: Final = Words("只显示，首年不设目标", "shown, no target in the first year")
_TREND: Final = Words("看趋势", "trend")
_PROPOSAL: Final = "proposal"

#: As the clock of Answer starts, wherever another figure says so.
_SOUNDED: Final = Words(
    "一次响铃的特急/紧急警报的接收时刻（received_at）：开出警情的，或在警情中再次响铃的，各有各的时钟",
    "`received_at` of a sounded P1/P2 alarm: each that opened an incident or sounded again in one has a clock",
)
_FIRST: Final = Words(
    "警情中首个特急/紧急警报的接收时刻（received_at）", "`received_at` of the case's first P1/P2 alarm"
)
_RUNNING: Final = Exclusion.STILL_RUNNING

DESK: Final = (
    Definition(
        figure=Figure.RECEIPT, name=Words("接收", "Receipt"), kind=Kind.TIME, unit="s",
        starts=Words("网关收到首字节", "first byte at the gateway"), stops=Words("提交入库", "commit"),
        target=Words("p99 ≤ 1 秒", "p99 ≤ 1 s"), source="design; 10 s transport GB/T 26875.1",
        targets=(Target(share=0.99, limit=1),), no_data=NoData.ONLY_A_METRIC,
    ),
    Definition(
        figure=Figure.DISPLAY, name=Words("上屏", "Display"), kind=Kind.TIME, unit="s",
        starts=Words("提交入库", "commit"),
        stops=Words("推送到首个在岗席位", "frame sent to the first desk on duty"),
        target=Words("p99 ≤ 1 秒", "p99 ≤ 1 s"), source="field D", targets=(Target(share=0.99, limit=1),),
        exclusions=(Exclusion.NO_DESK_ON_DUTY,), no_data=NoData.ONLY_A_METRIC,
    ),
    Definition(
        figure=Figure.ANSWER, name=Words("接警", "Answer"), kind=Kind.TIME, unit="s", starts=_SOUNDED,
        stops=Words(
            "首次有效接警（已有人负责的警情为其责任人的确认）：保持 10 秒以上或其后有操作；自动接警不计",
            "first claim (or, on a claimed case, the owner's acknowledgement) kept ≥ 10 s or followed by a step; "
            "automatic claims never count",
        ),
        target=Words(
            "97.5 % ≤ 60 秒，99 % ≤ 180 秒；每次超过 180 秒在 5 个工作日内查明",
            "97.5 % ≤ 60 s, 99 % ≤ 180 s; every miss of 180 s looked into within 5 working days",
        ),
        source="TSA/TEC", targets=(Target(share=0.975, limit=60), Target(share=0.99, limit=180)),
        exclusions=(Exclusion.CONFIRMED_TEST, _RUNNING),
    ),
    Definition(
        figure=Figure.TELEPHONE_ANSWER, name=Words("电话接听", "Answer, telephone"), kind=Kind.TIME, unit="s",
        starts=Words("中心首次振铃", "first ring at the centre"), stops=Words("有人应答", "a person speaks"),
        target=Words("90 % ≤ 15 秒", "90 % ≤ 15 s"), source="NENA", targets=(Target(share=0.9, limit=15),),
        exclusions=(Exclusion.GAVE_UP_EARLY, _RUNNING),
    ),
    Definition(
        figure=Figure.GIVEN_UP, name=Words("呼入放弃", "Given up"), kind=Kind.SHARE, unit="share",
        starts=Words("来电", "an incoming call"),
        stops=Words("应答前挂断，且已振铃 5 秒以上", "ended before answer, after 5 s or more"),
        target=Words("≤ 3 %", "≤ 3 %"), source=_PROPOSAL, targets=(Target(share=0.03, most=True),),
        exclusions=(Exclusion.GAVE_UP_EARLY, _RUNNING),
    ),
    Definition(
        figure=Figure.FIRST_CONTACT, name=Words("首次联系", "First contact"), kind=Kind.TIME, unit="s",
        starts=_SOUNDED,
        stops=Words(
            "首次与人通话的尝试（call）或到场，不论结果", "first `call` with a person, or visit, whatever the result"
        ),
        target=Words("p90 ≤ 120 秒", "p90 ≤ 120 s"), source=_PROPOSAL, targets=(Target(share=0.9, limit=120),),
        exclusions=(Exclusion.CONFIRMED_TEST, Exclusion.PLAN_WITHOUT_CALL, _RUNNING),
    ),
    Definition(
        figure=Figure.NO_ANSWER_DECISION, name=Words("无人应答后的决定", "No-answer decision"), kind=Kind.TIME,
        unit="s",
        starts=Words("首次呼叫失败", "first failed call"),
        stops=Words("派单或移交", "dispatch or hand-off"),
        target=Words("100 % ≤ 180 秒", "100 % ≤ 180 s"), source=_PROPOSAL, targets=(Target(share=1.0, limit=180),),
        exclusions=(Exclusion.CONFIRMED_TEST, Exclusion.RESIDENT_REACHED, _RUNNING),
    ),
    Definition(
        figure=Figure.DISPATCH, name=Words("派单", "Dispatch"), kind=Kind.TIME, unit="s", starts=_FIRST,
        stops=Words("发出首个派单邀请（系统或席位）", "first offer sent (system or desk)"),
        target=Words("p90 ≤ 180 秒", "p90 ≤ 180 s"), source=_PROPOSAL, targets=(Target(share=0.9, limit=180),),
        exclusions=(Exclusion.CONFIRMED_TEST, Exclusion.RESOLVED_WITHOUT_DISPATCH, _RUNNING),
    ),
    Definition(
        figure=Figure.DECISION_TO_DISPATCH, name=Words("接警到派单", "Decision to dispatch"), kind=Kind.TIME,
        unit="s",
        starts=Words("首次有效接警", "the first claim that counts"),
        stops=Words("发出首个派单邀请", "first offer sent"),
        target=Words("p90 ≤ 120 秒", "p90 ≤ 120 s"), source=_PROPOSAL, targets=(Target(share=0.9, limit=120),),
        exclusions=(
            Exclusion.CONFIRMED_TEST, Exclusion.DISPATCHED_BEFORE_CLAIM, Exclusion.RESOLVED_WITHOUT_DISPATCH, _RUNNING,
        ),
    ),
    Definition(
        figure=Figure.ACCEPTANCE, name=Words("接单", "Acceptance"), kind=Kind.TIME, unit="s",
        starts=Words("每个发出的派单邀请", "each offer sent"), stops=Words("接受", "accepted"),
        target=Words(
            "p90 ≤ 60 秒；接受率 ≥ 60 %；超时计为未达", "p90 ≤ 60 s; share accepted ≥ 60 %; time-outs are missed"
        ),
        source=_PROPOSAL, targets=(Target(share=0.9, limit=60), Target(share=0.6, limit=86_400)),
        exclusions=(_RUNNING,),
    ),
    Definition(
        figure=Figure.ARRIVAL, name=Words("到场", "Arrival"), kind=Kind.TIME, unit="s",
        starts=Words("发出首个派单邀请", "first offer sent"),
        stops=Words(
            "救助人员到场：本人经页面且位置可信，或席位按其口述（另行标明）",
            "`on_scene` by page with plausible position, or by desk on the responder's word (marked)",
        ),
        target=Words(
            "≥ 90 % 城区 ≤ 15 分钟、农村 ≤ 25 分钟；不得 > 60 分钟",
            "≥ 90 % ≤ 15 min in town, ≤ 25 min in the country; none > 60 min",
        ),
        source="policy 000-003; TSA 90 % ≤ 45, 100 % ≤ 60 min",
        targets=(Target(share=0.9), Target(share=1.0, limit=3600)),
        exclusions=(Exclusion.CONFIRMED_TEST, Exclusion.STOOD_DOWN, Exclusion.ONLY_EMERGENCY_SERVICE, _RUNNING),
    ),
    Definition(
        figure=Figure.SERVICE_ARRIVAL, name=Words("急救/消防/公安到场", "Arrival of an emergency service"),
        kind=Kind.TIME,
        unit="s", starts=Words("拨打 110/119/120", "the service was dialled"),
        stops=Words("其到场时刻（移交记录）", "its arrival, as the hand-over records it"), target=_SEEN,
        source="own row of Arrival", exclusions=(Exclusion.CONFIRMED_TEST, _RUNNING),
    ),
    Definition(
        figure=Figure.DOOR_TO_HELP, name=Words("呼叫到有人到场", "Door to help"), kind=Kind.TIME, unit="s",
        starts=_FIRST,
        stops=Words("任何帮手首先到场", "first helper of any kind on scene"), target=_SEEN, source="practice",
        exclusions=(
            Exclusion.CONFIRMED_TEST, Exclusion.RESOLVED_WITHOUT_DISPATCH, Exclusion.STOOD_DOWN, _RUNNING,
        ),
    ),
    Definition(
        figure=Figure.HAND_OFF, name=Words("移交", "Hand-off"), kind=Kind.TIME, unit="s",
        starts=Words("决定移交（火情自确认起）", "decision recorded (or confirmation, for fire)"),
        stops=Words("对方受理（accepted）", "`accepted` by the service"),
        target=Words(
            "p90 ≤ 60 秒；被拒和排队逐条列出", "p90 ≤ 60 s; rejected and queued listed one by one"
        ),
        source="119 at once when fire is confirmed, GB 25201-2010 5.3", targets=(Target(share=0.9, limit=60),),
        exclusions=(Exclusion.CONFIRMED_TEST, _RUNNING),
    ),
    Definition(
        figure=Figure.FAMILY_TOLD, name=Words("通知家属", "Family told"), kind=Kind.TIME, unit="s", starts=_FIRST,
        stops=Words(
            "首条通知被运营商受理、电话接通或已读",
            "first notice accepted by the network, voice answered or read",
        ),
        target=Words("该县规定“立即通知”的类别 p90 ≤ 120 秒", "p90 ≤ 120 s where the county says `at_once`"),
        source="national text: at once", targets=(Target(share=0.9, limit=120),),
        exclusions=(Exclusion.CONFIRMED_TEST, Exclusion.NOBODY_MAY_BE_TOLD, _RUNNING),
    ),
    Definition(
        figure=Figure.UNATTENDED, name=Words("无人负责", "Unattended"), kind=Kind.AMOUNT, unit="min",
        starts=Words("特急/紧急警情无人负责满 60 秒", "60 s after a P1/P2 has no owner"),
        stops=Words("有人负责或办结；分母为警情数", "it has one, or is resolved; the denominator counts cases"),
        target=Words("不得有超过 180 秒的", "none > 180 s"), source=_PROPOSAL,
        exclusions=(Exclusion.CONFIRMED_TEST,),
    ),
    Definition(
        figure=Figure.MACHINE_CARRIED, name=Words("由系统承担", "Machine carried"), kind=Kind.SHARE, unit="share",
        starts=Words("特急警情", "a P1 case"),
        stops=Words("首个人为动作来自席位之外（电话按键或救助人员）", "the first human act came from beyond the desk"),
        target=_TREND, source="practice", targets=(Target(share=1.0, most=True),),
        exclusions=(Exclusion.CONFIRMED_TEST,),
    ),
    Definition(
        figure=Figure.DURATION, name=Words("处置时长", "Duration"), kind=Kind.TIME, unit="s",
        starts=Words("开出警情", "opened"), stops=Words("办结（不含后续整理）", "resolved; wrap-up is left out"),
        target=Words("按类别显示，不设目标", "by class, no target"), source="–",
        exclusions=(Exclusion.CONFIRMED_TEST, _RUNNING),
    ),
    Definition(
        figure=Figure.CAME_BACK, name=Words("再次呼叫", "Came back"), kind=Kind.SHARE, unit="share",
        starts=Words("以误触、误报或无人应答办结", "resolved as `accidental`, `false_alarm`, `no_answer`"),
        stops=Words("同一人 24 小时内再有特急警情", "next P1 of the same person within 24 h"),
        target=Words("逐件复核", "each reviewed"), source="MacAuley, Barratt",
        targets=(Target(share=0.0, most=True),),
    ),
    Definition(
        figure=Figure.REAL_HELP, name=Words("真实求助率", "Real help rate"), kind=Kind.SHARE, unit="share",
        starts=Words("已办结的响铃警情", "a sounded case that is resolved"),
        stops=Words("结果为紧急或协助", "`emergency` or `assistance`"),
        target=Words("只显示（他处约 5 %）", "shown (about 5 % real elsewhere)"), source="Aster",
        targets=(Target(share=1.0, most=True),), exclusions=(Exclusion.CONFIRMED_TEST,),
    ),
    Definition(
        figure=Figure.FALSE_ALARMS, name=Words("误报", "False alarms"), kind=Kind.AMOUNT,
        unit="per 100 devices and 30 days", starts=_NONE,
        stops=Words(
            "`false_alarm` 办结数 / 每 100 台使用中设备每 30 天，按型号",
            "`false_alarm` per 100 devices in use and 30 days, by model",
        ),
        target=Words("看趋势；某型号 > 中位数 3 倍：厂家整改", "trend; model > 3 × median: vendor task"),
        source=_PROPOSAL,
    ),
    Definition(
        figure=Figure.ALARM_LOAD, name=Words("警情负荷", "Alarm load"), kind=Kind.TIME, unit="alarms a desk",
        starts=Words("每 10 分钟", "each ten minutes"),
        stops=Words("响铃的警报数 / 在岗席位数", "sounded alarms per desk on duty"),
        target=Words("p50 ≤ 1", "p50 ≤ 1"), source="EEMUA", targets=(Target(share=0.5, limit=1),),
        exclusions=(Exclusion.NO_DESK_ON_DUTY, Exclusion.NO_DUTY_RECORD), whole_centre=True,
    ),
)  # fmt: skip
