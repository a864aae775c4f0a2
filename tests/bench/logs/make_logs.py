"""Write a synthetic Zeek conn.log, TSV or JSON, with an ssl.log beside it where asked; the same arguments give the same bytes.

    python tests/bench/logs/make_logs.py OUT [--rows N] [--channels C] [--days D] [--format tsv|json] [--ssl FILE] [--seed S]

Channels (originator, responder, port, service) have a life of their own: most call at random moments, one in fifty is a timer with
jitter, one in a hundred speaks on an odd port. More ``--days`` at the same channels is a longer log of the same sensor. Rows are in
the order in which connections ended, as Zeek writes them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

FIELDS = (
    ("ts", "time"), ("uid", "string"), ("id.orig_h", "addr"), ("id.orig_p", "port"), ("id.resp_h", "addr"), ("id.resp_p", "port"),
    ("proto", "enum"), ("service", "string"), ("duration", "interval"), ("orig_bytes", "count"), ("resp_bytes", "count"),
    ("conn_state", "string"), ("local_orig", "bool"), ("local_resp", "bool"), ("missed_bytes", "count"), ("history", "string"),
    ("orig_pkts", "count"), ("orig_ip_bytes", "count"), ("resp_pkts", "count"), ("resp_ip_bytes", "count"),
    ("tunnel_parents", "set[string]"),
)  # fmt: skip
START = 1_767_225_600
SERVICES = (
    ("ssl", 443, "tcp", 0.45),
    ("http", 80, "tcp", 0.15),
    ("dns", 53, "udp", 0.2),
    ("-", 0, "tcp", 0.15),
    ("ssh", 22, "tcp", 0.02),
    ("ntp", 123, "udp", 0.03),
)
ODD = np.array([8088, 9001, 4444, 2083, 31337, 33890])
TIMERS, ODD_PORTS = 0.02, 0.01
BLOCK = 500_000


def addresses(parts: np.ndarray) -> np.ndarray:
    return np.array([".".join(map(str, row)) for row in parts.tolist()])


def header(path: str, fields: tuple[tuple[str, str], ...]) -> bytes:
    names, types = zip(*fields, strict=True)
    return (
        f"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n#open\t2026-01-01-00-00-00\n"
        "#fields\t" + "\t".join(names) + "\n#types\t" + "\t".join(types) + "\n"
    ).encode()


class Channels:
    """Who calls whom, where, speaking what, and how regularly."""

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        kind = rng.choice(len(SERVICES), count, p=[s[3] for s in SERVICES])
        self.service, self.proto = np.array([s[0] for s in SERVICES])[kind], np.array([s[2] for s in SERVICES])[kind]
        port = np.array([s[1] for s in SERVICES])[kind]
        port = np.where(port == 0, rng.integers(1024, 65535, count), port)
        self.port = np.where(rng.random(count) < ODD_PORTS, rng.choice(ODD, count), port)
        hosts = max(5, count // 200)
        inside = np.stack([np.full(hosts, 10), rng.integers(0, 4, hosts), rng.integers(0, 256, hosts), rng.integers(1, 255, hosts)], 1)
        self.orig = addresses(inside)[rng.integers(0, hosts, count)]
        low, high = np.array([20, 0, 0, 1]), np.array([200, 256, 256, 255])
        self.resp = addresses(rng.integers(low, high, (count, 4)))
        self.timer = rng.random(count) < TIMERS
        self.jitter = rng.uniform(0, 0.2, count)
        self.name = np.array([f"host{k}.example" for k in range(count)])


def draw(rows: int, channels: Channels, days: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Channel and start (seconds from the beginning) of every connection."""
    count = len(channels.service)
    owner = np.minimum((count * rng.random(rows) ** 2.2).astype(np.int64), count - 1)
    at = rng.random(rows) * 86_400 * days
    order = np.argsort(owner, kind="stable")
    each = np.bincount(owner, minlength=count)
    rank = np.arange(rows) - np.repeat(np.cumsum(each) - each, each)
    timed = channels.timer[owner[order]]
    period = 86_400 * days / np.maximum(each, 1)[owner[order]]
    jitter = channels.jitter[owner[order]]
    ticks = (rank + 0.5 + jitter * rng.uniform(-0.5, 0.5, rows)) * period
    at[order] = np.where(timed, ticks, at[order])
    return owner, at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--channels", type=int, default=200_000)
    parser.add_argument("--days", type=float, default=1.0)
    parser.add_argument("--format", choices=["tsv", "json"], default="tsv")
    parser.add_argument("--ssl", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    channels = Channels(options.channels, rng)
    owner, at = draw(options.rows, channels, options.days, rng)
    duration = rng.exponential(5, options.rows)
    order = np.argsort(at + duration)
    letters = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "u1")
    with options.out.open("wb") as out, (options.ssl or Path("/dev/null")).open("wb") as ssl:
        if options.format == "tsv":
            out.write(header("conn", FIELDS))
        ssl.write(header("ssl", (("ts", "time"), ("uid", "string"), ("version", "string"), ("server_name", "string"))))
        for first in range(0, options.rows, BLOCK):
            rows = order[first : first + BLOCK]
            n, c = len(rows), owner[rows]
            silent = rng.random(n) < 0.05
            sent, got = rng.integers(50, 5000, n) * ~silent, rng.integers(50, 50_000, n) * ~silent
            uid = np.char.add("C", letters[rng.integers(0, 62, (n, 17))].view("S17").ravel().astype("U17"))
            udp = channels.proto[c] == "udp"
            stamp = pl.Series(at[rows] + START)
            values: dict[str, object] = {
                "ts": stamp, "uid": uid, "id.orig_h": channels.orig[c], "id.orig_p": rng.integers(1024, 65535, n),
                "id.resp_h": channels.resp[c], "id.resp_p": channels.port[c], "proto": channels.proto[c],
                "service": np.where(silent, "-", channels.service[c]), "duration": pl.Series(duration[rows]), "orig_bytes": sent,
                "resp_bytes": got, "conn_state": np.where(silent, "S0", "SF"), "local_orig": "T", "local_resp": "F", "missed_bytes": 0,
                "history": np.where(udp, "Dd", "ShADadFf"), "orig_pkts": sent // 1400 + 3, "orig_ip_bytes": sent + 200,
                "resp_pkts": got // 1400 + 3, "resp_ip_bytes": got + 200, "tunnel_parents": "-",
            }  # fmt: skip
            table = pl.DataFrame(values)
            if options.format == "json":
                bools = {name: pl.lit(name == "local_orig") for name in ("local_orig", "local_resp")}
                table = table.with_columns(service=pl.when(pl.col("service") == "-").then(None).otherwise(pl.col("service")), **bools)
                table.drop("tunnel_parents").write_ndjson(out)
            else:
                exact = [pl.col(name).map_elements(lambda x: f"{x:.6f}", pl.String) for name in ("ts", "duration")]
                table.with_columns(exact).write_csv(out, separator="\t", include_header=False, quote_style="never")
            if options.ssl:
                spoken = pl.Series((channels.service[c] == "ssl") & ~silent)
                facts = pl.DataFrame({"ts": stamp, "uid": uid, "version": "TLSv12", "server_name": channels.name[c]}).filter(spoken)
                facts.write_csv(ssl, separator="\t", include_header=False, quote_style="never", float_precision=6)
        if options.format == "tsv":
            out.write(b"#close\t2026-01-02-00-00-00\n")


if __name__ == "__main__":
    main()
