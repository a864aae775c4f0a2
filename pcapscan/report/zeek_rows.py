"""Flows as Zeek's conn.log: the columns that other tools read, and ours behind them.

https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html. ``service`` holds what was recognised by content; ours are
``pcapscan_verdict``, ``pcapscan_basis`` and ``pcapscan_expected``.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

_TYPES = {
    "ts": "time", "uid": "string", "id.orig_h": "addr", "id.orig_p": "port", "id.resp_h": "addr", "id.resp_p": "port", "proto": "enum",
    "service": "string", "duration": "interval", "orig_bytes": "count", "resp_bytes": "count", "conn_state": "string", "orig_pkts": "count",
    "resp_pkts": "count", "community_id": "string", "pcapscan_verdict": "string", "pcapscan_basis": "string", "pcapscan_expected": "set[port]",
}  # fmt: skip
"""Zeek field to its type."""


def header() -> bytes:
    """The lines above the first row."""
    return (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
        "#fields\t" + "\t".join(_TYPES) + "\n#types\t" + "\t".join(_TYPES.values()) + "\n"
    ).encode()


def _decimal(ns: pl.Expr) -> pl.Expr:
    """Nanoseconds as seconds with nine decimals, exactly."""
    return pl.concat_str([(ns // 1_000_000_000).cast(pl.String), (ns % 1_000_000_000).cast(pl.String).str.zfill(9)], separator=".")


def rows(frame: pl.DataFrame) -> Iterator[bytes]:
    """The rows of a batch of flows (its times still nanoseconds)."""
    named = frame.select(
        ts=_decimal(pl.col("first")),
        # Without Zeek's own uid one is made of Community ID and packet number: the same in every run, and a flow's alone in its input.
        uid=pl.coalesce("uid", pl.lit("P") + pl.col("community_id").str.slice(2, 12) + pl.col("number").cast(pl.String)),
        orig_h="orig_h",
        orig_p="orig_p",
        resp_h="resp_h",
        resp_p="resp_p",
        proto="transport",
        service=pl.when(pl.col("upgraded").is_not_null() & (pl.col("upgraded") != pl.col("protocol")))
        .then(pl.concat_str(["protocol", "upgraded"], separator=","))
        .otherwise("protocol"),
        duration=_decimal(pl.col("last") - pl.col("first")),
        orig_bytes="orig_bytes",
        resp_bytes="resp_bytes",
        conn_state="state",
        orig_pkts="orig_pkts",
        resp_pkts="resp_pkts",
        community_id="community_id",
        pcapscan_verdict="verdict",
        pcapscan_basis="basis",
        pcapscan_expected=pl.when(pl.col("expected_ports").list.len() > 0).then(
            pl.col("expected_ports").cast(pl.List(pl.String)).list.join(",")
        ),
    )
    yield named.write_csv(include_header=False, separator="\t", null_value="-", quote_style="never").encode()
