"""What the bytes are like where no protocol is known: a shell's text, even noise, or a conversation.

What it detects
    An interactive shell or text console in the clear; first bytes as even as random ones; both sides speaking over TCP.
Why it matters
    A reverse shell says so in its first lines; an encrypted protocol of its own has no handshake that anybody knows; and a channel
    that works has two ends.
How it is fooled
    By a few bytes of plausible header before the cipher.
False positives
    Games, calls and proprietary applications. Consoles of serial servers.

References
----------
    MITRE ATT&CK T1573, T1059.
"""

from __future__ import annotations

import numpy as np

from pcapscan.judge.column import Column, Spoken
from pcapscan.judge.groups import Context, Groups
from pcapscan.judge.mismatch import is_low
from pcapscan.judge.verdict import UNKNOWN, UNKNOWN_ON_RESERVED
from pcapscan.knowledge import Knowledge
from pcapscan.tables import F64, TCP, Bool


def _evenness(entropy: F64, size: F64) -> F64:
    """Entropy as a share of what random bytes of that length have; NaN stays.

    The expected entropy of ``n`` uniform bytes is about ``log2(256) - 255 / (2 n ln 2)`` for large ``n`` (Miller 1955) and close to
    ``log2(n)`` for small; the smaller of both, within a few per cent where they meet.
    """
    n = np.clip(size, 2, None)
    expected = np.minimum(np.log2(n), np.where(n > 64, 8 - 255 / (2 * n * np.log(2)), 8.0))
    answer: F64 = np.minimum(entropy / np.maximum(expected, 1.0), 1.0)
    return answer


def content(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points for a shell, for noise, and for a conversation of unknown kind."""
    ids, f = groups.evidence.identities, groups.evidence.flows
    unknown = np.isin(groups.verdict, (UNKNOWN, UNKNOWN_ON_RESERVED))
    shell = groups.shell & (groups.protocol < 0)
    talk = unknown & groups.both & (groups.proto == TCP) & (groups.verdict == UNKNOWN)

    first = groups.first
    sizes = np.minimum(np.stack([f.orig_bytes[first], f.resp_bytes[first]]), 256).astype(np.float64)
    even = np.stack([_evenness(e[first].astype(np.float64), n) for e, n in zip((ids.orig_entropy, ids.resp_entropy), sizes, strict=True)])
    with np.errstate(invalid="ignore"):
        noisy = (even >= knowledge.number("content.random_entropy")) | np.isnan(even)
    random = unknown & ~shell & (groups.proto == TCP) & noisy.all(axis=0) & ~np.isnan(even).all(axis=0)
    share = np.where(np.isnan(even[0]), even[1], even[0])

    def of(mask: Bool, name: str) -> F64:
        return mask.astype(np.float64) * knowledge.number(f"content.{name}")

    noise = "first bytes as even as random ones: encrypted, without a known handshake"
    return [
        Column("shell", "content", of(shell, "shell"), lambda i: Spoken("shell", "the bytes read as an interactive shell or text console")),
        Column("conversation", "context", of(talk, "both_ways"), lambda i: Spoken("both", "both sides speak a protocol that nobody knows")),
        Column(
            "entropy", "content", of(random, "random"),
            lambda i: Spoken(round(float(share[i]), 3), noise, "share", knowledge.number("content.random_entropy")),
        ),
    ]  # fmt: skip


def volume(groups: Groups, knowledge: Knowledge, context: Context) -> list[Column]:
    """Points for a place that receives far more than it sends."""
    sent, got = groups.orig_bytes.astype(np.float64), groups.resp_bytes.astype(np.float64)
    ratio = sent / np.maximum(got, 1.0)
    much = (sent >= knowledge.number("volume.upload_bytes")) & (ratio >= knowledge.number("volume.asymmetry"))
    points = np.where(much & ~is_low(groups, knowledge) & ~groups.attempt, knowledge.number("volume.upload"), 0.0)

    def explain(i: int) -> Spoken:
        return Spoken(
            int(sent[i]),
            f"sent {int(sent[i]):,} bytes, received {int(got[i]):,}".replace(",", " "),
            "bytes",
            knowledge.number("volume.upload_bytes"),
        )

    return [Column("upload", "content", points, explain)]
