"""What every part tells of itself: the version it was built as."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

from prometheus_client import Counter, Gauge, disable_created_metrics

# One series more for every counter, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves this one function untyped

build_info: Final = Gauge("shouwang_build_info", "Always 1; the label says which version runs", ["version"])
part_restarts_total: Final = Counter(
    "shouwang_part_restarts_total", "Times a part or server of `up` ended by itself and was started again", ["part"]
)
canary_age_seconds: Final = Gauge(
    "shouwang_canary_age_seconds", "Since the end of the canary's last full round, in seconds; NaN before the first"
)
canary_age_seconds.set(float("nan"))
policy_file_ok: Final = Gauge(
    "shouwang_policy_file_ok", "1 if the policy's file is a policy that could be approved, 0 if not; NaN without a file"
)
policy_file_ok.set(float("nan"))
canary_calls_total: Final = Counter(
    "shouwang_canary_calls_total", "Calls of the dead man's switch outside by outcome: called, failed", ["outcome"]
)


def program_version() -> str:
    """The installed version, or `unknown` where the program runs from a bare folder."""
    try:
        return version("shouwang")
    except PackageNotFoundError:
        return "unknown"


build_info.labels(program_version()).set(1)
