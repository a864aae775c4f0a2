"""What a first run compiles: the names of all kernels, for :func:`pcapscan.kernels.together.compile_missing`.

Each list is in the order of how long they take, the longest first; with two processors, that is half the time of one after the other.
"""

from __future__ import annotations

FOR_CAPTURES = (
    "identify.half_1.weigh_half",
    "identify.half_0.weigh_half",
    "identify.settle.settle",
    "flows.assemble.assemble",
    "decode.walk.walk_block",
    "measure.features.describe",
    "measure.features.survey",
    "flows.community.write_ids",
    "report.lines.write_lines",
    "read.pcap.walk",
    "read.pcapng.walk",
    "measure.model.add_leaves",
    "measure.hashing.order_by_time",
    "measure.lumps.fold_rows",
    "flows.address.write_addresses",
    "flows.columns.write_columns",
    "measure.lumps.kind_keys",
    "measure.lumps.unfold_kinds",
    "judge.verdict.judge_rows",
    "measure.channels.sum_up",
    "measure.lumps.place_events",
    "measure.lumps.take_columns",
    "measure.spill.share_out",
    "measure.hashing.number_rows",
    "measure.hashing.number_more",
    "measure.hashing.scatter",
    "measure.hashing.fill_table",
    "identify.numbering.insert",
    "identify.numbering.look_up",
)
"""Of who reads packets: also what the command at hand does not need, so that the next one starts at once."""

FOR_LOGS = (
    "measure.features.describe",
    "read.zeek_conn.conn_columns",
    "measure.features.survey",
    "read.zeek_conn.conn_lines",
    "read.zeek_lines.split_json",
    "read.zeek_conn.gather",
    "report.lines.write_lines",
    "measure.model.add_leaves",
    "measure.hashing.order_by_time",
    "measure.lumps.fold_rows",
    "flows.address.write_addresses",
    "measure.lumps.kind_keys",
    "measure.lumps.unfold_kinds",
    "judge.verdict.judge_rows",
    "measure.channels.sum_up",
    "measure.lumps.place_events",
    "measure.lumps.take_columns",
    "measure.spill.share_out",
    "read.zeek_lines.split_tsv",
    "measure.hashing.number_rows",
    "measure.hashing.number_more",
    "read.zeek_lines.scan",
    "measure.hashing.scatter",
    "measure.hashing.fill_table",
)
"""Of who reads Zeek's logs."""
