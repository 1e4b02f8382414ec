"""What many measurements say, and how sure that is. Times are in any one unit."""

from dataclasses import dataclass
from math import ceil, exp, log

import numpy as np

DRAWS = 1000
SURE = 0.95
BINS, LEAST_IN_HISTOGRAM = 24, 20
# What starting a system anew changes, before anything is known: standard deviation of the log, as
# two runs of minilm-1ms on a virtual machine of two cores differed.
USUAL_RESTART = 0.02
USUAL_WEIGHT = 4.0  # in sittings


@dataclass(frozen=True)
class Interval:
    middle: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def half_width(self) -> float:
        """Relative: 0.02 is two percent to either side."""
        return (self.high - self.low) / (2 * self.middle)


def needed_for(share: float) -> int:
    """Values that must be there before their quantile `share` is shown: the largest of so many lies
    above the true quantile in 97.5 of 100 cases, so an upper bound exists."""
    if share <= 0.5:
        return 1
    return ceil(log((1 - SURE) / 2) / log(share))


def quantile(values: np.ndarray, share: float) -> float | None:
    """None where there are too few values to say."""
    return float(np.quantile(values, share)) if len(values) >= needed_for(share) else None


@dataclass(frozen=True)
class Outliers:
    """Beyond Tukey's fences: 1.5 and 3 times the quartiles' distance. They are counted, not
    dropped."""

    mild: int
    severe: int


def outliers(values: np.ndarray) -> Outliers:
    if len(values) < 4:
        return Outliers(0, 0)
    low, high = np.quantile(values, [0.25, 0.75])

    def beyond(fences: float) -> int:
        reach = fences * (high - low)
        return int(((values < low - reach) | (values > high + reach)).sum())

    severe = beyond(3)
    return Outliers(beyond(1.5) - severe, severe)


def summary(values: list[float]) -> dict:
    """The columns of one row that speak of times alone."""
    array = np.asarray(values, float)
    mean = float(array.mean())
    deviation = float(array.std(ddof=1)) if len(array) > 1 else 0.0
    low, high = median_interval(array)
    odd = outliers(array)
    return {
        "n": len(array),
        "mean": mean,
        "sd": deviation,
        "variance": deviation**2,
        "cv": deviation / mean if mean else 0.0,
        "min": float(array.min()),
        "p50": float(np.median(array)),
        "p90": quantile(array, 0.9),
        "p95": quantile(array, 0.95),
        "p99": quantile(array, 0.99),
        "p99.9": quantile(array, 0.999),
        "max": float(array.max()),
        "ci95_lo": low,
        "ci95_hi": high,
        "outliers_mild": odd.mild,
        "outliers_severe": odd.severe,
    }


def histogram(values: np.ndarray) -> dict | None:
    """Counts of BINS ranges, each larger than the one before by the same factor, and of what lies
    above them: beyond the farther of Tukey's fences. None where there are few values."""
    if len(values) < LEAST_IN_HISTOGRAM or values.min() <= 0:
        return None
    low, high = np.quantile(values, [0.25, 0.75])
    first = float(values.min())
    last = max(min(float(values.max()), high + 3 * (high - low)), first * 1.001)
    edges = np.geomspace(first, last, BINS + 1)
    edges[0] = first  # geomspace rounds
    counts = np.histogram(values[values <= edges[-1]], edges)[0].tolist()
    above = len(values) - sum(counts)
    return {"from": first, "factor": float(edges[-1] / first) ** (1 / BINS), "counts": counts,
            "above": above}  # fmt: skip


def median_interval(values: np.ndarray, seed: int = 1) -> tuple[float, float]:
    """Bootstrap interval of the median."""
    found = np.quantile(_medians(values, np.random.default_rng(seed)), [0.025, 0.975])
    return float(found[0]), float(found[1])


def restart_deviation(sittings: list[list[float]]) -> float:
    """How far the logs of a system's ratios move from one sitting to the next: what was seen, drawn
    towards what is usual as long as little was."""
    middles = [float(np.median(np.log(rounds))) for rounds in sittings]
    seen = len(middles) - 1
    squares = float(np.var(middles) * len(middles)) if seen > 0 else 0.0
    return float(np.sqrt((USUAL_WEIGHT * USUAL_RESTART**2 + squares) / (USUAL_WEIGHT + seen)))


def repeat_interval(sittings: list[list[float]], floor: float = 0.0, seed: int = 1) -> Interval:
    """Of ratios, round by round and sitting by sitting: the middle, and where a repeat of the whole
    run would put it in 95 of 100 cases. Never narrower than `floor`, a share of the middle."""
    generator = np.random.default_rng(seed)
    logs = [np.log(np.asarray(rounds, float)) for rounds in sittings if rounds]
    middle = float(np.mean([np.median(rounds) for rounds in logs]))
    one, other = (np.mean([_moves(rounds, generator) for rounds in logs], axis=0) for _ in range(2))
    freedom = USUAL_WEIGHT + len(logs) - 1
    restart = restart_deviation([np.exp(rounds).tolist() for rounds in logs])
    moved = generator.standard_t(freedom, DRAWS) * restart * np.sqrt(2 / len(logs))
    low, high = np.quantile(one - other + moved, [(1 - SURE) / 2, (1 + SURE) / 2])
    reach = log(1 + floor)
    return Interval(exp(middle), exp(middle + min(low, -reach)), exp(middle + max(high, reach)))


def _moves(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """How far the median of other such values may lie from that of these. Few values know little of
    their own deviation, and resampling them finds too little: so Student's t, not the normal."""
    moves = _medians(values, generator) - np.median(values)
    count = len(values)
    return moves * np.sqrt(count / generator.chisquare(count - 1, DRAWS)) if count > 1 else moves


def _medians(values: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Medians of DRAWS samples of the same size, with replacement."""
    most = values[generator.integers(0, len(values), (DRAWS, min(len(values), 2000)))]
    return np.median(most, axis=1)
