"""What bounds a flow in time, number and memory, and Zeek's numbers for it."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from pcapscan.errors import UsageError
from pcapscan.tables import I64

HEAD_MOST = 4096
"""Most bytes a head may hold; 4096 bits of coverage fit one small block of the pool."""

SECOND = 1_000_000_000


class FlowOptions(Struct, frozen=True):
    """When flows end and how much of them is kept.

    Attributes
    ----------
    tcp_idle_s, udp_idle_s, icmp_idle_s : float
        Silence after which a packet of the same key begins a new flow; Zeek's ``tcp_inactivity_timeout``,
        ``udp_inactivity_timeout`` and ``icmp_inactivity_timeout``. SCTP and other transports use TCP's.
    linger_s : float
        How long a closed TCP flow swallows late packets (Zeek's ``tcp_close_delay``); also the silence after which a SYN with
        another sequence number is a new attempt (Zeek's ``tcp_attempt_delay``).
    max_live : int
        Flows held at once; beyond, the least recently active sixteenth is ended.
    head_bytes : int
        Bytes kept of each side, at most 4096: a post-quantum ClientHello has 1.9 kB, a flight of certificates some 4 kB.
    head_pool : int
        Bytes for all live heads; address space, not memory, until used. When full, heads stay as short as they are.
    tick_pool : int
        Bytes for the ticks of all live flows, as above. When full, flows thin theirs.
    tick_silence_s : float
        Silence within a flow after which payload counts as a tick.
    max_ticks : int
        Ticks kept of one flow; beyond, every second one is dropped, evenly, and from then on every second one is kept.
    sweep : int
        Packets between two looks for flows that timed out (at least; a sweep also waits until it is paid for by packets).
    """

    tcp_idle_s: float = 300.0
    udp_idle_s: float = 60.0
    icmp_idle_s: float = 60.0
    linger_s: float = 5.0
    max_live: int = 262_144
    head_bytes: int = HEAD_MOST
    head_pool: int = 256 << 20
    tick_pool: int = 64 << 20
    tick_silence_s: float = 1.0
    max_ticks: int = 512
    sweep: int = 32_768

    def __post_init__(self) -> None:
        least = {"max_live": 16, "head_bytes": 1, "head_pool": 1 << 14, "tick_pool": 1 << 12, "max_ticks": 2, "sweep": 1}
        for name, floor in least.items():
            if getattr(self, name) < floor:
                raise UsageError(f"{name} must be at least {floor}, not {getattr(self, name)}")
        if self.head_bytes > HEAD_MOST:
            raise UsageError(f"head_bytes must be at most {HEAD_MOST}, not {self.head_bytes}")
        for name in ("tcp_idle_s", "udp_idle_s", "icmp_idle_s", "linger_s", "tick_silence_s"):
            if not 0 <= getattr(self, name) <= 10**8:
                raise UsageError(f"{name} must be seconds from 0 to 100000000, not {getattr(self, name)}")

    def numbers(self) -> I64:
        """Return the options as the kernel reads them, in the order of the ``O_*`` names."""
        times = [round(s * SECOND) for s in (self.tcp_idle_s, self.udp_idle_s, self.icmp_idle_s, self.linger_s, self.tick_silence_s)]
        return np.array([*times, self.max_live, self.head_bytes, self.max_ticks, self.sweep], np.int64)


O_TCP_IDLE, O_UDP_IDLE, O_ICMP_IDLE, O_LINGER, O_SILENCE, O_MAX_LIVE, O_HEAD, O_MAX_TICKS, O_SWEEP = range(9)
