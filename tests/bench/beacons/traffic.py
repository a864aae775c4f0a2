"""Channels with and without a timer, drawn with wide settings: what the shipped model learns from, and what it is measured on.

Three labels: ``beacon`` (a sleep with jitter, and what becomes of it), ``timer`` (benign timers, clean), ``none``. A profile
says which settings may be drawn, so that a model trained on one can be measured on others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from pcapscan.tables import EventTable

DAY = 86_400.0
Rng = np.random.Generator
Times = np.ndarray


@dataclass(frozen=True)
class Profile:
    """What may be drawn.

    Attributes
    ----------
    hours : tuple of float
        Windows of evidence, one is drawn for each channel.
    sleeps : tuple of float
        Shortest and longest sleep in seconds.
    jitter, dropout : callable
        Draw one of each.
    styles : tuple of str
        Names in SLEEPS.
    counts : tuple of float
        Fewest and most check-ins.
    nones : dict of str to float
        Weights of the families without a timer.
    """

    hours: tuple[float, ...] = (8, 24, 24, 24, 72)
    sleeps: tuple[float, float] = (1.0, 43_200.0)
    jitter: Callable[[Rng], float] = lambda r: float(
        r.choice([0.0, r.uniform(0, 0.15), r.uniform(0.1, 0.5), r.uniform(0.3, 1.0), r.uniform(0, 1.0)])
    )
    dropout: Callable[[Rng], float] = lambda r: float(r.choice([0.0, r.uniform(0, 0.15), r.uniform(0.1, 0.6)]))
    styles: tuple[str, ...] = ("down", "up", "both", "normal", "gamma", "clock", "triangle", "lognormal", "choice")
    counts: tuple[float, float] = (4, 2500)
    families: tuple[str, ...] = ("plain", "plain", "plain", "plain", "plain", "few", "hours", "burst", "change", "tasked", "noisy")
    nones: dict[str, float] = field(default_factory=lambda: {name: WEIGHTS.get(name, 1.0) for name in NONES})
    shares: tuple[float, float] = (0.36, 0.04)


def log_uniform(r: Rng, lo: float, hi: float) -> float:
    return float(np.exp(r.uniform(np.log(lo), np.log(max(hi, lo * 1.0001)))))


# ---- sleeps: n intervals of nominal length 1 with jitter j


def _gamma(r: Rng, j: float, n: int) -> Times:
    return r.gamma(1 / max(j, 0.01) ** 2, max(j, 0.01) ** 2, n)


SLEEPS: dict[str, Callable[[Rng, float, int], Times]] = {
    "down": lambda r, j, n: 1 - j * r.random(n),
    "up": lambda r, j, n: 1 + j * r.random(n),
    "both": lambda r, j, n: 1 + j * (2 * r.random(n) - 1),
    "normal": lambda r, j, n: np.maximum(0.04, 1 + 0.5 * j * r.standard_normal(n)),
    "gamma": lambda r, j, n: np.maximum(0.02, _gamma(r, min(j, 0.5), n)),
    "triangle": lambda r, j, n: 1 + j * (r.random(n) - r.random(n)),
    "lognormal": lambda r, j, n: np.exp(0.4 * j * r.standard_normal(n)),
    "choice": lambda r, j, n: 1 + j * r.choice([-1.0, 0.0, 1.0], n) * r.random(),
    "clock": lambda r, j, n: np.ones(n),
}


def beats(r: Rng, style: str, sleep: float, j: float, n: int) -> Times:
    """n check-in times from 0; the clock keeps its phase, all others drift, and work between sleeps takes a moment."""
    work = np.exp(r.normal(np.log(log_uniform(r, 0.02, 0.5)), r.uniform(0.1, 0.8), n))
    if style == "clock":
        return np.sort(np.arange(n) * sleep + sleep * min(j, 1.0) * r.random(n) + np.minimum(work, sleep / 2))
    gaps = sleep * SLEEPS[style](r, j, n) + work
    return np.concatenate([[0.0], np.cumsum(gaps[:-1])])


def _base(r: Rng, p: Profile, window: float, lo: float, hi: float, full: bool, j: float, drop: float) -> tuple[Times, dict[str, float]]:
    style = str(r.choice(p.styles))
    n = round(log_uniform(r, max(lo, p.counts[0]), min(hi, p.counts[1])))
    planned = int(np.ceil(n / (1 - drop)))
    longest = min(p.sleeps[1], 0.97 * window / planned)
    sleep = longest if full else (r.uniform(0.4, 1) * longest if r.random() < 0.5 else log_uniform(r, p.sleeps[0], longest))
    sleep = max(sleep, p.sleeps[0])
    mean = float(np.mean(SLEEPS[style](np.random.default_rng(0), j, 4000)))
    sleep = min(sleep, 0.97 * window / planned / mean) if sleep * mean * planned > window else sleep
    t = beats(r, style, sleep, j, planned)
    t = t + r.uniform(0, max(1e-3, window - t[-1]))
    t = t[(r.random(planned) >= drop) & (t < window)]
    return t, {"period": mean * sleep, "jitter": j, "dropout": drop}


def plain(r: Rng, p: Profile, w: float) -> tuple[Times, dict[str, float]]:
    return _base(r, p, w, 5, 2500, False, p.jitter(r), p.dropout(r))


def few(r: Rng, p: Profile, w: float) -> tuple[Times, dict[str, float]]:
    return _base(r, p, w, 4, 24, False, min(p.jitter(r), 0.4), float(r.choice([0, 0, 0.1])))


def on_hours(r: Rng, w: float, t: Times) -> Times:
    """Keep the times at which the host is awake: a working day, or a few stretches."""
    if r.random() < 0.5:
        begin, length = r.uniform(0, 24) * 3600, r.uniform(5, 14) * 3600
        return t[(t - begin) % DAY < length]
    edges = np.sort(r.random(2 * int(r.integers(2, 7))) * w)
    return t[np.searchsorted(edges, t) % 2 == int(r.integers(0, 2))]


def hours(r: Rng, p: Profile, w: float) -> tuple[Times, dict[str, float]]:
    t, about = _base(r, p, w, 40, 2500, True, min(p.jitter(r), 0.6), float(r.choice([0, 0, 0.15])))
    return on_hours(r, w, t), about


def in_bursts(r: Rng, t: Times, most: int, spread: float) -> Times:
    many = r.integers(1, most + 1, t.size)
    late = r.exponential(spread, int(many.sum()))
    late[np.concatenate([[0], np.cumsum(many)[:-1]]).astype(int)[: t.size]] = 0
    return np.sort(np.repeat(t, many) + late)


def burst(r: Rng, p: Profile, w: float) -> tuple[Times, dict[str, float]]:
    t, about = _base(r, p, w, 12, 800, r.random() < 0.6, min(p.jitter(r), 0.6), float(r.choice([0, 0, 0.2])))
    return in_bursts(r, t, int(r.integers(2, 9)), log_uniform(r, 0.02, 0.05) * about["period"] * r.uniform(0.02, 1)), about


def change(r: Rng, p: Profile, w: float) -> tuple[Times, dict[str, float]]:
    parts, best = [], (0, 0.0)
    edges = np.concatenate([[0], np.sort(r.random(int(r.integers(1, 4)))) * w, [w]])
    style, j = str(r.choice(p.styles)), min(p.jitter(r), 0.4)
    sleep = log_uniform(r, max(p.sleeps[0], 5), 1200)
    for a, b in pairwise(edges):
        n = int(min(4000, (b - a) / sleep)) + 1
        t = a + r.uniform(0, min(sleep, b - a)) + beats(r, style, sleep, j, n)
        t = t[t < b]
        parts.append(t)
        if t.size > best[0]:
            best = (t.size, sleep * float(np.mean(SLEEPS[style](np.random.default_rng(0), j, 4000))))
        sleep = float(np.clip(sleep * r.choice([0.1, 0.2, 0.33, 0.5, 2, 3, 5, 10]), max(p.sleeps[0], 5), 5400))
    return np.sort(np.concatenate(parts)), {"period": best[1], "jitter": j, "dropout": 0.0}


def tasked(r: Rng, p: Profile, w: float) -> tuple[Times, dict[str, float]]:
    t, about = _base(r, p, w, 40, 1000, True, min(p.jitter(r), 0.4), 0.0)
    extra = []
    for _ in range(int(r.integers(1, 7))):
        n = int(r.integers(10, 600))
        extra.append(r.random() * w + np.cumsum(r.exponential(log_uniform(r, 0.3, 4), n)))
    return np.sort(np.concatenate([t, *extra])), about


def noisy(r: Rng, p: Profile, w: float) -> tuple[Times, dict[str, float]]:
    t, about = _base(r, p, w, 40, 1000, True, min(p.jitter(r), 0.35), 0.0)
    many = int(log_uniform(r, 0.15, 2.5) * t.size)
    other = r.random(many) * w if r.random() < 0.5 else r.permutation(web(r, w))[:many]
    return np.sort(np.concatenate([t, other])), about


BEACONS = {"plain": plain, "few": few, "hours": hours, "burst": burst, "change": change, "tasked": tasked, "noisy": noisy}


# ---- benign timers


def timer(r: Rng, p: Profile, w: float) -> tuple[Times, dict[str, float]]:
    sleep = float(r.choice([5, 10, 15, 29, 30, 45, 60, 64, 120, 240, 256, 300, 600, 900, 1024, 1740, 1800, 3600, 7200, 14_400]))
    style, j = str(r.choice(["both", "clock", "up", "down"])), float(r.choice([0.005, 0.02, 0.1, 0.2])) * r.random()
    n = int(min(w / sleep, 6000)) + 2
    t = r.uniform(0, sleep) + beats(r, style, sleep, j, n)
    t = on_hours(r, w, t) if r.random() < 0.4 else t
    return t, {"period": sleep * float(np.mean(SLEEPS[style](np.random.default_rng(0), j, 4000))), "jitter": j, "dropout": 0.0}


# ---- traffic without a timer


def by_day(r: Rng, w: float, n: int) -> Times:
    centre, width = r.uniform(8, 18) * 3600, r.uniform(1.0, 4.5) * 3600
    t = r.normal(centre, width, n) % DAY + DAY * r.integers(0, max(1, int(np.ceil(w / DAY))), n)
    t = np.where(r.random(n) < r.uniform(0, 0.3), r.random(n) * w, t)
    return np.sort(t % w) if w < DAY else np.sort(t[t < w])


def some_of(r: Rng, w: float, t: Times) -> Times:
    """Press times into a part of the window, sometimes."""
    share = 1.0 if r.random() < 0.6 else log_uniform(r, 0.01, 1)
    return t * share + r.random() * w * (1 - share)


def poisson(r: Rng, w: float) -> Times:
    return some_of(r, w, r.random(int(log_uniform(r, 4, 3000))) * w)


def sparse(r: Rng, w: float) -> Times:
    return some_of(r, w, r.random(int(r.integers(4, 16))) * w)


def clusters(r: Rng, w: float) -> Times:
    n = int(r.integers(4, 20))
    return r.choice(r.random(int(r.integers(1, 5))) * w, n) + r.exponential(log_uniform(r, 0.5, 900), n)


def daily(r: Rng, w: float) -> Times:
    return by_day(r, w, int(log_uniform(r, 5, 2500)))


def web(r: Rng, w: float) -> Times:
    parts = []
    pause, spread, pages = log_uniform(r, 5, 200), r.uniform(0.7, 2.0), r.uniform(2, 30)
    for s in by_day(r, w, int(r.integers(2, 14))):
        t = s + np.cumsum(pause * np.exp(spread * r.standard_normal(int(r.geometric(1 / pages)))))
        parts.append(in_bursts(r, t, int(r.integers(1, 10)), log_uniform(r, 0.05, 3)))
    return np.concatenate(parts) if parts else np.zeros(0)


def cdn(r: Rng, w: float) -> Times:
    return in_bursts(r, by_day(r, w, int(log_uniform(r, 6, 800))), int(r.integers(1, 5)), log_uniform(r, 0.02, 8))


def cached(r: Rng, w: float) -> Times:
    """A client that asks again at its next need after a cached answer (DNS TTL) has expired."""
    ttl = float(r.choice([30, 60, 120, 300, 600, 900, 1800, 3600])) if r.random() < 0.7 else log_uniform(r, 5, 5000)
    think = ttl * log_uniform(r, 0.4, 8)
    n = int(min(3500, w / (ttl + think))) + 1
    need = r.exponential(think, n) if r.random() < 0.7 else think * r.weibull(r.uniform(0.5, 1.0), n)
    t = r.random() * ttl + np.cumsum(ttl + need)
    return on_hours(r, w, t) if r.random() < 0.6 else t


def limited(r: Rng, w: float) -> Times:
    """Requests at random, held apart by a rate limiter's dead time."""
    wait = log_uniform(r, 0.5, 900)
    n = int(min(log_uniform(r, 12, 2500), w / (2 * wait))) + 4
    return r.random() * w * 0.1 + np.cumsum(wait + r.exponential(wait * log_uniform(r, 0.5, 10), n))


def backoff(r: Rng, w: float) -> Times:
    parts = []
    factor = float(r.choice([1.5, 2, 2, 3]))
    for s in r.random(int(r.integers(1, 14))) * w:
        g = log_uniform(r, 0.3, 15) * factor ** np.arange(int(r.integers(3, 10)))
        parts.append(s + np.cumsum(np.minimum(g, 3600) * r.uniform(0.75, 1.25, g.size)))
    return np.concatenate(parts)


def sessions(r: Rng, w: float) -> Times:
    """Runs at a constant rate with pauses between (peer to peer, interactive shells)."""
    parts, t, total = [], r.random() * 3600, 0
    rest = log_uniform(r, 60, 9000)
    while t < w and total < 4000:
        g = r.exponential(log_uniform(r, 0.3, 40), int(r.geometric(1 / r.uniform(5, 50))))
        parts.append(t + np.cumsum(g))
        total += g.size
        t = parts[-1][-1] + r.exponential(rest)
    return np.concatenate(parts) if parts else np.zeros(0)


def stream(r: Rng, w: float) -> Times:
    """Segments fetched as a buffer empties: a soft rhythm, log-normal, with a fast start."""
    parts = []
    for s in by_day(r, w, int(r.integers(1, 6))):
        step, spread = log_uniform(r, 2, 25), r.uniform(0.45, 1.0)
        n = int(min(2000, log_uniform(r, 200, 9000) / step)) + 2
        parts.append(s + np.cumsum(step * np.exp(spread * r.standard_normal(n))))
        parts.append(s + np.cumsum(r.exponential(0.4, int(r.integers(3, 30)))))
    return np.concatenate(parts) if parts else np.zeros(0)


def refresh(r: Rng, w: float) -> Times:
    """A human who looks again every now and then."""
    parts = []
    for s in by_day(r, w, int(r.integers(1, 6))):
        n = int(r.integers(4, 50))
        parts.append(s + np.cumsum(log_uniform(r, 20, 1500) * np.exp(r.uniform(0.6, 1.3) * r.standard_normal(n))))
    return np.concatenate(parts) if parts else np.zeros(0)


def hawkes(r: Rng, w: float) -> Times:
    """Events that set off others."""
    now = by_day(r, w, int(log_uniform(r, 3, 200))) if r.random() < 0.6 else r.random(int(log_uniform(r, 3, 200))) * w
    parts, ratio, decay = [now], r.uniform(0.3, 0.9), log_uniform(r, 1, 900)
    for _ in range(10):
        many = r.poisson(ratio, now.size)
        now = np.repeat(now, many) + r.exponential(decay, int(many.sum()))
        parts.append(now)
    return np.concatenate(parts)[:4000]


def pareto(r: Rng, w: float) -> Times:
    g = log_uniform(r, 0.3, 120) * (1 + r.pareto(r.uniform(0.5, 2.0), int(log_uniform(r, 5, 3000))))
    return r.random() * 3600 + np.cumsum(g)


def weibull(r: Rng, w: float) -> Times:
    g = r.weibull(r.uniform(0.4, 1.05), int(log_uniform(r, 5, 2000)))
    return np.cumsum(g) / g.sum() * w * r.uniform(0.05, 0.98)


def lognormal(r: Rng, w: float) -> Times:
    g = np.exp(r.uniform(0.75, 2.2) * r.standard_normal(int(log_uniform(r, 5, 2000))))
    return np.cumsum(g) / g.sum() * w * r.uniform(0.05, 0.98)


def busy(r: Rng, w: float) -> Times:
    n = int(r.uniform(4000, 12_000))
    return r.random(n) * w if r.random() < 0.5 else by_day(r, w, n)


def scan(r: Rng, w: float) -> Times:
    """A scanner comes by: probes in quick succession at a few random hours."""
    return np.concatenate(
        [s + np.cumsum(r.exponential(log_uniform(r, 0.02, 5), int(r.integers(1, 30)))) for s in r.random(int(r.integers(2, 12))) * w]
    )


def wandering(r: Rng, w: float) -> Times:
    """A rate that wanders: exponential intervals whose mean takes a random walk."""
    n = int(log_uniform(r, 8, 2000))
    rate = np.cumsum(r.uniform(0.05, 0.6) * r.standard_normal(n))
    g = np.exp(rate) * r.exponential(1, n)
    return np.cumsum(g) / g.sum() * w * r.uniform(0.05, 0.98)


NONES: dict[str, Callable[[Rng, float], Times]] = {
    "poisson": poisson, "sparse": sparse, "clusters": clusters, "daily": daily, "web": web, "cdn": cdn, "cached": cached,
    "limited": limited, "backoff": backoff, "sessions": sessions, "stream": stream, "refresh": refresh, "hawkes": hawkes,
    "pareto": pareto, "weibull": weibull, "lognormal": lognormal, "busy": busy, "scan": scan, "wandering": wandering,
}  # fmt: skip


WEIGHTS = {"poisson": 2.0, "sparse": 2.0, "web": 2.0, "daily": 1.5, "cached": 1.6, "limited": 0.4, "busy": 0.1, "scan": 0.7}
"""How often a family is drawn; 1 where not named."""


# ---- sizes


def machine_sizes(r: Rng, n: int) -> tuple[Times, Times]:
    orig, resp = log_uniform(r, 40, 3000), log_uniform(r, 40, 8000)
    kind = r.random()
    if kind < 0.5:
        o, b = orig + r.integers(0, int(r.integers(1, 16)), n), resp + r.integers(0, int(r.integers(1, 16)), n)
        tasks = r.random(n) < r.uniform(0, 0.08)
        return o + tasks * r.pareto(1.2, n) * 500, b + tasks * r.pareto(1.2, n) * 1500
    if kind < 0.75:
        width = log_uniform(r, 16, 2000)
        return orig + r.uniform(0, width, n), resp + r.uniform(0, width, n)
    return orig * np.exp(0.9 * r.standard_normal(n)), resp * np.exp(1.1 * r.standard_normal(n))


def human_sizes(r: Rng, n: int) -> tuple[Times, Times]:
    s = r.uniform(0.4, 1.5)
    return log_uniform(r, 200, 3000) * np.exp(s * r.standard_normal(n)), log_uniform(r, 500, 40_000) * np.exp(
        1.3 * s * r.standard_normal(n)
    )


MACHINE_MADE = {"cached": 0.9, "limited": 0.9, "backoff": 0.8, "scan": 0.8, "sparse": 0.5, "clusters": 0.5, "busy": 0.6}
"""Families without a timer that programs make: share with a machine's sizes and durations; of the others a third."""


def durations(r: Rng, n: int, machine: bool) -> Times:
    """Seconds; a program's exchanges last about as long as each other, a person's do not."""
    spread = r.uniform(0.1, 0.9) if machine else r.uniform(0.3, 1.6)
    return np.exp(np.log(log_uniform(r, 0.03, 3)) + spread * r.standard_normal(n))


@dataclass
class Traffic:
    """Channels and what they are: ``label`` 1 beacon, 2 benign timer, 0 none; per channel also family, period, jitter, dropout."""

    events: EventTable
    label: np.ndarray
    family: np.ndarray
    period: np.ndarray
    jitter: np.ndarray
    dropout: np.ndarray


def _one(r: Rng, p: Profile, label: int, w: float) -> tuple[Times, str, dict[str, float]]:
    if label == 1:
        family = str(r.choice(p.families))
        t, about = BEACONS[family](r, p, w)
        return t, family, about
    if label == 2:
        t, about = timer(r, p, w)
        return t, "timer", about
    names = list(p.nones)
    weights = np.array([p.nones[n] for n in names])
    family = str(r.choice(names, p=weights / weights.sum()))
    return NONES[family](r, w), family, {}


def draw(channels: int, seed: int, profile: Profile | None = None) -> Traffic:
    """Draw channels of a profile; the same seed gives the same channels."""
    p = profile or Profile()
    r = np.random.default_rng(seed)
    times, sizes, abouts, labels, families = [], [], [], [], []
    while len(times) < channels:
        w = float(r.choice(p.hours)) * 3600
        label = int(r.choice([1, 2, 0], p=[*p.shares, 1 - sum(p.shares)]))
        t, family, about = _one(r, p, label, w)
        t = np.sort(t[(t >= 0) & (t < w)])
        if np.unique(np.floor(t * 100)).size < 4 or t.size > 50_000:
            continue
        machine = label > 0 or r.random() < MACHINE_MADE.get(family, 0.33)
        o, b = machine_sizes(r, t.size) if machine else human_sizes(r, t.size)
        d = durations(r, t.size, machine if r.random() < 0.8 else False)
        if r.random() < 0.1:
            d[:] = -1e-9
        if r.random() < 0.1:
            o, b = np.full(t.size, -1.0), np.full(t.size, -1.0)
        times.append(t), sizes.append((o, b, d)), abouts.append(about), labels.append(label), families.append(family)
    start = np.concatenate([[0], np.cumsum([t.size for t in times])]).astype(np.int64)
    t_ns = (np.concatenate(times) * 1e6).astype(np.int64) * 1000
    orig, resp = (np.concatenate([s[k] for s in sizes]).astype(np.int64) for k in (0, 1))
    window = (0, int(max(p.hours) * 3600e9))
    events = EventTable(
        start, t_ns, orig, resp, (np.concatenate([s[2] for s in sizes]) * 1e9).astype(np.int64), np.ones(len(t_ns), bool), window
    )
    column = {k: np.array([a.get(k, np.nan) for a in abouts]) for k in ("period", "jitter", "dropout")}
    return Traffic(events, np.array(labels), np.array(families), **column)


def evaluation_profiles() -> dict[str, Profile]:
    """Settings that the training does not draw: other styles, grids, windows."""
    return {
        "short shift": replace(Profile(), hours=(6, 10), sleeps=(2, 1800), styles=("both", "normal", "clock"),
                               jitter=lambda r: float(r.choice([0.05, 0.15, 0.25, 0.4])), dropout=lambda r: float(r.choice([0, 0.05, 0.2]))),
        "long watch": replace(Profile(), hours=(120, 168), sleeps=(60, 43_200), styles=("down", "up", "gamma", "lognormal"),
                              jitter=lambda r: float(r.choice([0.0, 0.15, 0.37, 0.5])), dropout=lambda r: float(r.choice([0, 0.1, 0.4]))),
        "fast sleeps": replace(Profile(), hours=(0.5, 4), sleeps=(0.3, 9), styles=("down", "both", "normal", "triangle"), counts=(8, 4000),
                               jitter=lambda r: float(r.choice([0.0, 0.1, 0.25, 0.45])), dropout=lambda r: float(r.choice([0, 0.05, 0.3]))),
    }  # fmt: skip
