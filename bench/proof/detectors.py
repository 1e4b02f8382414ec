"""What makes figures wrong, found in what was measured. Each detector returns a Warning or None."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np

STEAL = 0.01  # share of the time that another guest of the machine took
FOREIGN = 0.05  # share of the cores that other programs took
WAITING = 0.10  # of the threads' time, spent ready to run without a core
DRIFT = 0.05  # last third by first third, less one
UNSTABLE = 0.10  # coefficient of variation of a system's rounds
CLOCK = 0.01  # tick of the clock by the shortest time
FEW = 5  # rounds


@dataclass(frozen=True)
class Warning:
    kind: str
    about: str  # the case, the system, or both
    text: str

    def as_json(self) -> dict:
        return asdict(self)


@dataclass(frozen=True)
class Counters:
    """Of the machine, at one moment, in seconds unless it says otherwise."""

    at: float
    busy: float  # of all cores, whoever ran
    steal: float
    ours: float  # CPU time of the runner and its systems
    throttles: int = 0  # events


def steal(before: Counters, after: Counters, cores: int) -> Warning | None:
    share = (after.steal - before.steal) / max(1e-9, (after.at - before.at) * cores)
    if share > STEAL:
        return Warning("steal", "machine", f"other guests took {share:.1%} of the time")
    return None


def foreign_load(before: Counters, after: Counters, cores: int) -> Warning | None:
    others = (after.busy - before.busy) - (after.ours - before.ours)
    share = others / max(1e-9, (after.at - before.at) * cores)
    if share > FOREIGN:
        return Warning("foreign load", "machine", f"other programs used {share:.0%} of the cores")
    return None


def throttling(before: Counters, after: Counters) -> Warning | None:
    events = after.throttles - before.throttles
    if events > 0:
        return Warning("throttling", "machine", f"the processor throttled {events} times")
    return None


def oversubscription(about: str, ran: float, waited: float) -> Warning | None:
    """Of a system's threads: seconds on a core, and seconds ready without one."""
    share = waited / max(1e-9, ran + waited)
    if ran + waited > 0.05 and share > WAITING:
        return Warning(
            "oversubscription", about, f"threads waited for a core {share:.0%} of their time"
        )
    return None


def drift(about: str, rounds: list[float]) -> Warning | None:
    """Rounds in the order in which they were."""
    third = len(rounds) // 3
    if third < 3:
        return None
    first, last = np.median(rounds[:third]), np.median(rounds[-third:])
    change = last / first - 1
    noise = 1.3 * np.std(rounds) / np.median(rounds) / np.sqrt(third)
    if abs(change) > max(DRIFT, 2 * noise):
        return Warning("drift", about, f"the last third took {change:+.0%} of the first")
    return None


def unstable(about: str, rounds: list[float]) -> Warning | None:
    if len(rounds) < 3:
        return None
    variation = float(np.std(rounds, ddof=1) / np.mean(rounds))
    if variation > UNSTABLE:
        return Warning("unstable", about, f"rounds vary by {variation:.0%}")
    return None


def identical_inputs(about: str, hashes: Iterable[int]) -> Warning | None:
    seen = list(hashes)
    repeated = len(seen) - len(set(seen))
    if repeated:
        return Warning("identical inputs", about, f"{repeated} of {len(seen)} inputs came twice")
    return None


def few_rounds(about: str, rounds: int, sittings: int) -> Warning | None:
    if rounds < FEW:
        return Warning("few rounds", about, f"{rounds} rounds in {sittings} sittings")
    return None


def coarse_clock(about: str, values: list[float]) -> Warning | None:
    """A clock that ticks too slowly gives the same values again and again, and its tick is the
    least that two of them differ by."""
    distinct = sorted(set(values))
    if len(values) < 10 or len(distinct) > len(values) / 2 or distinct[0] <= 0:
        return None
    tick = min((b - a for a, b in pairwise(distinct)), default=distinct[0])
    if tick > CLOCK * distinct[0]:
        share = tick / distinct[0]
        return Warning("coarse clock", about, f"the clock ticks at {share:.1%} of the shortest run")
    return None
