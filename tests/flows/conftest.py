"""Packets from words, and both assemblers' answers in one form."""

from __future__ import annotations

import numpy as np
import pytest

from pcapscan.flows import Assembler
from pcapscan.flows.reference import Reference
from pcapscan.tables import CONN_STATES, ORIG_BASES, PACKET, PacketTable

SECOND = 1_000_000_000
FLAGS = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}


class Bench:
    """Makes packet tables and runs assemblers over them."""

    client, server = (0, 0xFFFF_0A00_0005, 50_000), (0, 0xFFFF_CB00_710A, 4444)

    def packet(self, src, dst, data=b"", *, t=0.0, flags="A", seq=0, ack=0, proto=6, paylen=None, **more):
        return {
            "src_hi": src[0], "src_lo": src[1], "src_p": src[2], "dst_hi": dst[0], "dst_lo": dst[1], "dst_p": dst[2],
            "time_ns": 1_700_000_000 * SECOND + round(t * SECOND), "flags": sum(FLAGS[f] for f in flags), "seq": seq % 2**32, "ack": ack % 2**32,
            "proto": proto, "data": data, "paylen": len(data) if paylen is None else paylen, "vlan": 0xFFFF, **more,
        }  # fmt: skip

    def up(self, data=b"", **more):
        return self.packet(self.client, self.server, data, **more)

    def down(self, data=b"", **more):
        return self.packet(self.server, self.client, data, **more)

    def handshake(self, isn=1000, peer=9000, t=0.0):
        return [
            self.up(flags="S", seq=isn, t=t),
            self.down(flags="SA", seq=peer, ack=isn + 1, t=t + 0.01),
            self.up(flags="A", seq=isn + 1, ack=peer + 1, t=t + 0.02),
        ]

    def table(self, packets, first=1):
        rows, data = np.zeros(len(packets), PACKET), b""
        for k, packet in enumerate(packets):
            packet = dict(packet)
            piece = packet.pop("data")
            packet.setdefault("number", first + k)
            packet.setdefault("offset", 24 + 100 * (first + k))
            packet.setdefault("caplen", len(piece))
            packet.setdefault("start", len(data))
            data += piece
            for name, value in packet.items():
                rows[k][name] = value
        return PacketTable(rows, np.frombuffer(data, np.uint8))

    def run(self, packets, options=None, cuts=()):
        """Ended flows of the kernel as dictionaries, the packets fed in blocks that end at ``cuts``."""
        assembler, got = Assembler(3, options), []
        for low, high in zip([0, *cuts], [*cuts, len(packets)], strict=True):
            assembler.feed(self.table(packets[low:high], 1 + low))
            got += self.rows(assembler.take())
        assembler.finish()
        assert assembler.live == 0
        return got + self.rows(assembler.take())

    def slow(self, packets, options=None):
        reference = Reference(options)
        reference.feed(self.table(packets))
        reference.finish()
        return reference.ended

    def rows(self, taken):
        if taken is None:
            return []
        flows, heads, ticks = taken
        assert (flows.source == 3).all()
        answer = []
        for i in range(len(flows)):
            row = {}
            for name in flows.columns():
                if name not in ("source", "uid"):
                    row[name] = int(getattr(flows, name)[i])
            row["state"], row["orig_basis"] = CONN_STATES[row["state"]], ORIG_BASES[row["orig_basis"]]
            assert heads.proto[i] == flows.proto[i]
            assert heads.sure[i] == (row["orig_basis"] in ("handshake", "answer"))
            for side, name in enumerate(("orig", "resp")):
                start, length = int(heads.start[i, side]), int(heads.length[i, side])
                row[f"{name}_head"] = heads.arena[start : start + length].tobytes()
                assert len(row[f"{name}_head"]) == length
                row[f"{name}_flags"] = int(heads.flags[i, side])
                cuts = [int(c) for c in heads.cuts[i, side] if c >= 0]
                row[f"{name}_cuts"] = cuts if row["proto"] in (17, 132) else None
            row["ticks"] = ticks.time_ns[ticks.start[i] : ticks.start[i + 1]].tolist()
            answer.append(row)
        assert ticks.start[-1] == len(ticks.time_ns)
        return answer


@pytest.fixture(scope="session")
def bench():
    return Bench()
