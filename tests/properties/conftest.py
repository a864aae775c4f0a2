"""The whole corridor in this process, from bytes on disk to rows."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from pcapscan import pipeline
from pcapscan.pipeline import Run, Settings, flow_rows
from pcapscan.report import RowWriter
from pcapscan.report.flow_rows import TIMES
from pcapscan.report.frames import frame

CAPTURES = Path(__file__).parents[2] / "captures"


def rows(*paths: object, jobs: int = 1) -> pl.DataFrame:
    """What ``pcapscan flows`` says of these inputs."""
    run = Run([str(p) for p in paths], Settings(digest=False, jobs=jobs))
    return pl.concat([frame(columns) for columns in flow_rows(run)], how="vertical")


def written(*paths: object, jobs: int = 1) -> bytes:
    """The bytes that ``pcapscan flows`` writes."""
    out = io.BytesIO()
    with RowWriter("ndjson", out, TIMES) as writer:
        for columns in flow_rows(Run([str(p) for p in paths], Settings(digest=False, jobs=jobs))):
            writer.write(columns)
    return out.getvalue()


@pytest.fixture
def corridor(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """``rows``, ``written``, ``capture(case)``, and ``blocks(n)``: from here on, blocks hold ``n`` bytes."""
    whole = pipeline.open_capture

    def blocks(size: int) -> None:
        monkeypatch.setattr(pipeline, "open_capture", partial(whole, block_bytes=size))

    return SimpleNamespace(
        rows=rows, written=written, blocks=blocks, captures=CAPTURES, capture=lambda case: next((CAPTURES / case).glob("capture.pcap*"))
    )
