"""What the figures of devices, visits, the system and the centre's own work mean (centre.md, part 2)."""

from __future__ import annotations

from typing import Final

from rules.domain.kpi import Exclusion, Kind, Target
from rules.domain.kpi_definition import Definition, Figure, NoData, Words

_NONE: Final = Words("–", "–")
_PROPOSAL: Final = "proposal"
_RUNNING: Final = Exclusion.STILL_RUNNING
_HOUR_S: Final = 3600.0
#: Nobody is visited who is not there; each is counted.
_NOT_THERE: Final = (
    Exclusion.IN_HOSPITAL, Exclusion.AWAY_ALL_PERIOD, Exclusion.IN_CARE_HOME, Exclusion.DIED, Exclusion.MOVED,
    Exclusion.LEFT_SERVICE,
)  # fmt: skip

CARE: Final = (
    Definition(
        figure=Figure.FIRST_ATTEMPT, name=Words("首次送达", "First-attempt delivery"), kind=Kind.AMOUNT, unit="share",
        starts=Words("警报编号", "an alarm id"),
        stops=Words("在设备可信时间后 30 秒内首次收到", "received first ≤ 30 s after the device's trusted `at`"),
        target=Words("≥ 98 %", "≥ 98 %"), source="Appello: 82 % is common", targets=(Target(share=0.98),),
    ),
    Definition(
        figure=Figure.PROTECTED, name=Words("受保护", "Protected"), kind=Kind.AMOUNT, unit="share", starts=_NONE,
        stops=Words(
            "至少一台在线且按时的生命安全设备的老人小时 / 在册老人小时",
            "resident-hours with ≥ 1 `live`, in-interval life-safety device / resident-hours in service",
        ),
        target=Words("≥ 99 %", "≥ 99 %"), source=_PROPOSAL, targets=(Target(share=0.99),),
    ),
    Definition(
        figure=Figure.COVERAGE, name=Words("覆盖率", "Coverage"), kind=Kind.SHARE, unit="share",
        starts=Words("有标签的在册老人（按标签）", "a resident of a target group (by tag)"),
        stops=Words("期末有使用中的设备", "a live device on the last day"),
        target=Words("按合同（老人的 10 %；全部困难残疾人）", "by contract (10 % of elders; all poor disabled)"),
        source="policy 001, 004", exclusions=(Exclusion.DIED, Exclusion.MOVED, Exclusion.LEFT_SERVICE),
    ),
    Definition(
        figure=Figure.IN_THE_CIRCLE, name=Words("救助圈内", "In the circle"), kind=Kind.SHARE, unit="share",
        starts=_NONE,
        stops=Words(
            "当月最差一小时，15（25）分钟内有在班救助人员的老人 / 在册老人",
            "residents within 15 (25) min of a responder on shift, worst hour of the month / residents in service",
        ),
        target=Words("100 %", "100 %"), source="policy", targets=(Target(share=1.0),), no_data=NoData.NOT_RECORDED,
    ),
    Definition(
        figure=Figure.REPAIR, name=Words("维修", "Repair"), kind=Kind.TIME, unit="s",
        starts=Words("故障警情开出", "fault incident opened"),
        stops=Words(
            "设备恢复按时；生命安全设备另须一次试按", "device in interval and, life-safety, test press"
        ),
        target=Words("95 %：生命安全设备 24 小时，其他 72 小时", "95 % within 24 h life-safety, 72 h others"),
        source=_PROPOSAL,
        targets=(Target(share=0.95),), exclusions=(Exclusion.ABSENCE, _RUNNING),
    ),
    Definition(
        figure=Figure.MONTHLY_TEST, name=Words("月检", "Monthly test"), kind=Kind.SHARE, unit="share",
        starts=Words("期末应检的生命安全设备", "a life-safety device due at the end of the period"),
        stops=Words("35 天内有确认的试按或自检", "a confirmed press or self-test in the last 35 days"),
        target=Words("≥ 95 %", "≥ 95 %"), source="field 24", targets=(Target(share=0.95),),
    ),
    Definition(
        figure=Figure.MONTHLY_VISITS, name=Words("月探访率", "Monthly visits"), kind=Kind.SHARE, unit="share",
        starts=Words("整期在册的老人", "a resident in scope throughout"),
        stops=Words("至少一次已完成的探访（位置或语音为证）", "≥ 1 completed visit (place or voice proven)"),
        target=Words("100 %", "100 %"), source="Ministry 2022", targets=(Target(share=1.0),), exclusions=_NOT_THERE,
    ),
    Definition(
        figure=Figure.VISIT_IN_TIME, name=Words("按时探访", "Visit in time"), kind=Kind.SHARE, unit="share",
        starts=Words("计划时间窗开始", "planned window opens"),
        stops=Words("在时间窗内完成", "visit completed within its window"),
        target=Words("90 %", "90 % in window"), source=_PROPOSAL, targets=(Target(share=0.9),),
        exclusions=(*_NOT_THERE, Exclusion.CALLED_OFF, _RUNNING),
    ),
    Definition(
        figure=Figure.SYSTEM_WATCH, name=Words("系统值守", "System watch"), kind=Kind.AMOUNT, unit="share",
        starts=Words("每一分钟，含维护", "every minute, maintenance in"),
        stops=Words("自检按键 5 秒内上屏", "canary ≤ 5 s from press to stream"),
        target=Words("每月 ≥ 99.95 %", "≥ 99.95 % a month"), source=_PROPOSAL, targets=(Target(share=0.9995),),
        whole_centre=True,
    ),
    Definition(
        figure=Figure.RECOVERY_DRILL, name=Words("恢复演练", "Recovery drill"), kind=Kind.TIME, unit="s",
        starts=Words("注入故障", "failure injected"),
        stops=Words("首个警报在别处席位出现；丢失的警报数", "first alarm on a desk elsewhere; alarms lost"),
        target=Words("≤ 15 分钟；丢失 0", "≤ 15 min; 0 lost"), source="own goal",
        targets=(Target(share=1.0, limit=900),),
        no_data=NoData.NOT_RECORDED, whole_centre=True,
    ),
    Definition(
        figure=Figure.CHANNEL_HEALTH, name=Words("通道健康", "Channel health"), kind=Kind.SHARE, unit="share",
        starts=Words("每日测试发出（每通道每天）", "daily test sent, for each channel and day"),
        stops=Words("当日 09:00 前通过", "answered by 09:00 of that day"),
        target=Words("09:00 前 100 %", "100 % by 09:00"), source=_PROPOSAL, targets=(Target(share=1.0),),
        exclusions=(_RUNNING,), whole_centre=True,
    ),
    Definition(
        figure=Figure.CALL_AUDITS, name=Words("通话质检", "Call audits"), kind=Kind.SHARE, unit="share",
        starts=Words("每名值班员每月", "each dispatcher and month"),
        stops=Words("至少两通已评分，其中一通为全程紧急警情", "≥ 2 calls scored, one an end-to-end emergency"),
        target=Words("≥ 2，其中一通为全程紧急警情", "≥ 2, one end-to-end emergency"), source="TEC",
        targets=(Target(share=1.0),), whole_centre=True,
    ),
    Definition(
        figure=Figure.COMPLAINTS_ACKNOWLEDGED, name=Words("投诉受理", "Complaints acknowledged"), kind=Kind.TIME,
        unit="working days", starts=Words("收到投诉", "received"), stops=Words("告知受理", "acknowledged"),
        target=Words("1 个工作日", "1 working day"), source=_PROPOSAL, targets=(Target(share=1.0, limit=1),),
        exclusions=(_RUNNING,),
    ),
    Definition(
        figure=Figure.COMPLAINTS_ANSWERED, name=Words("投诉答复", "Complaints answered"), kind=Kind.TIME,
        unit="working days", starts=Words("收到投诉", "received"), stops=Words("答复", "answered"),
        target=Words("15 个工作日", "15 working days"), source=_PROPOSAL, targets=(Target(share=1.0, limit=15),),
        exclusions=(_RUNNING,),
    ),
    Definition(
        figure=Figure.SATISFACTION, name=Words("满意度", "Satisfaction"), kind=Kind.SHARE, unit="share",
        starts=Words("已接通的回访", "an after-care call that was answered"),
        stops=Words("5 分中评 4–5 分；同时印出回访覆盖", "4-5 of 5; reach printed"),
        target=Words("≥ 95 %，覆盖 ≥ 30 %", "≥ 95 %, reach ≥ 30 %"), source="policy, proposal",
        targets=(Target(share=0.95),), no_data=NoData.NOT_RECORDED,
    ),
    Definition(
        figure=Figure.LOOKS_WITHOUT_A_CASE, name=Words("无警情查阅", "Looks without a case"), kind=Kind.SHARE,
        unit="share",
        starts=Words("查阅一份完整记录", "a look at a whole record"),
        stops=Words("只填写了理由，没有警情、探访或任务", "only a typed reason, no case, visit or task"),
        target=Words("≤ 5 %；全部抽查", "≤ 5 %; all sampled"), source=_PROPOSAL,
        targets=(Target(share=0.05, most=True),),
        whole_centre=True,
    ),
    Definition(
        figure=Figure.RIGHTS_REQUESTS, name=Words("个人信息请求", "Rights requests"), kind=Kind.TIME,
        unit="working days",
        starts=Words("收到请求", "received"), stops=Words("答复", "answered"),
        target=Words("中国 15 个工作日，欧盟 1 个月", "CN 15 working days, EU 1 month"), source="recalled",
        targets=(Target(share=1.0, limit=15),), no_data=NoData.NOT_RECORDED,
    ),
    Definition(
        figure=Figure.HANDOVERS_SIGNED, name=Words("交接班签字", "Handovers signed"), kind=Kind.SHARE, unit="share",
        starts=Words("一个班次", "a shift"),
        stops=Words("双方签字且无人负责的警情为零", "both signatures and no case without owner"),
        target=Words("100 %", "100 %"), source=_PROPOSAL, targets=(Target(share=1.0),), no_data=NoData.NOT_RECORDED,
    ),
)  # fmt: skip
