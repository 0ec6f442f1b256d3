"""The tables of the settings file: lanes, sources, and how long each kind of record is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

#: Sign-in and access logs must be kept at least this long (contract.md, Retention).
ACCESS_LOG_LEAST_DAYS: Final = 180

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _are_subscriptions(filters: tuple[str, ...]) -> tuple[str, ...]:
    for topic in filters:
        levels = topic.split("/")
        wild = [level for level in levels if "+" in level or "#" in level]
        if not topic or any(level not in {"+", "#"} for level in wild) or "#" in levels[:-1]:
            raise ValueError(f"{topic!r} is not an MQTT subscription filter")
    return filters


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Filters = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_are_subscriptions)]


class Lane(BaseModel):
    """One persistent MQTT session: a name, its subscription filters, and the source that decodes what comes."""

    model_config = _STRICT

    name: Name
    filters: Filters
    source: str = "canonical"


class Source(BaseModel):
    """One vendor's way in: which topics are its own, who reads them, and what the register calls its devices.

    Whether all this can be is looked at by `shouwang.sources`, at the start of what needs it.
    """

    model_config = _STRICT

    name: Name
    source: str
    filters: Filters
    lane: Name | None = None  #: its own where not given, made where no [[lanes]] is called so
    mapping: Path | None = None  #: for sources that are made by one
    model: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    device: str = "{device}"
    hub: str | None = None
    calls: bool = False

    @property
    def lane_name(self) -> str:
        """The lane that its messages come by."""
        return self.lane or self.name


#: Alarms have a session, and so a broker queue, of their own: a flood of telemetry never delays one.
DEFAULT_LANES: Final = (
    Lane(name="alarms", filters=("sw/v1/+/alarm",)),
    Lane(name="telemetry", filters=("sw/v1/+/telemetry", "sw/v1/+/online", "sw/v1/+/reply")),
)


class Retention(BaseModel):
    """Days that each kind of record is kept; a legal hold stops erasing. The reason stands beside each default."""

    model_config = _STRICT

    #: After closing. Complaints and claims come within three years (the general term of limitation).
    incidents: int = Field(1_095, ge=1, le=36_500)
    #: Long enough for the quarterly quality review and a late complaint.
    recordings: int = Field(180, ge=1, le=36_500)
    #: Of P1 cases and of complaints: as long as the case itself.
    recordings_kept: int = Field(1_095, ge=1, le=36_500)
    #: Where somebody was is the most private thing we hold; a month serves every search. A case keeps its own.
    positions: int = Field(30, ge=1, le=36_500)
    #: A year shows a season against the last; daily figures stay after that.
    vitals: int = Field(365, ge=1, le=36_500)
    #: As vitals: what other sensors measured.
    readings: int = Field(365, ge=1, le=36_500)
    #: A vendor has time to mend a decoder, and we to replay.
    dead_letters: int = Field(90, ge=1, le=36_500)
    #: Sign-in and access logs: the Cybersecurity Law asks for six months at least.
    access_logs: int = Field(365, ge=ACCESS_LOG_LEAST_DAYS, le=36_500)
    #: The number of a call that no case came of: as its recording, for a complaint that comes months later.
    calls: int = Field(180, ge=1, le=36_500)
    #: After it ended: what a silence, a storm, an absence or an outage held, as it stands in their reports. A year
    #: shows this winter's storm against the last.
    held: int = Field(365, ge=1, le=36_500)
    #: After the answer. As the cases they are about: claims come within three years, and the complaint says why.
    complaints: int = Field(1_095, ge=1, le=36_500)
    #: After the last sheet or signature: what reviewers wrote of a colleague's call, as long as the case it is of.
    call_audits: int = Field(1_095, ge=1, le=36_500)
    #: After the service ended: the last bills and questions, then nothing.
    residents_left: int = Field(90, ge=1, le=36_500)
