"""Row output (flows, beacons, host events): columns to NDJSON, CSV or Parquet, in batches, so that memory stays flat."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from pcapscan.errors import UsageError
from pcapscan.report.columns import Columns
from pcapscan.report.escape import for_csv
from pcapscan.report.lines import LineWriter, rows_of, takes

if TYPE_CHECKING:
    import polars as pl

ROW_FORMS = ("ndjson", "csv", "parquet")

FLOW_FORMS = (*ROW_FORMS, "zeek")
"""Forms for flows, whose rows Zeek's conn.log can hold."""


class RowWriter:
    """Writes batches of rows in one form.

    Parameters
    ----------
    form : {"ndjson", "csv", "parquet", "zeek"}
        ``zeek`` is for flows only.
    out : binary file
    times : tuple of str
        Columns that hold int64 nanoseconds, written as RFC 3339 UTC with nine digits.
    """

    def __init__(self, form: str, out: IO[bytes], times: tuple[str, ...] = ()) -> None:
        if form not in FLOW_FORMS:
            raise UsageError(f"no row format named {form}; there are {', '.join(FLOW_FORMS)}")
        self._form, self._out, self._times = form, out, times
        self._lines = LineWriter(times)
        self._first = True
        self._parts: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0
        self.rows = 0

    def write(self, columns: Columns) -> None:
        """Append a batch; every batch has the same columns."""
        if self._form == "ndjson" and takes(columns):
            for piece in self._lines.lines(columns):
                self._out.write(piece)
            self.rows += rows_of(columns)
            return
        from pcapscan.report import frames, zeek_rows  # which load polars

        frame = frames.frame(columns, self._times if self._form in ("ndjson", "csv") else ())
        self.rows += len(frame)
        if self._form == "parquet":
            self._write_parquet(frame)
        elif self._form == "zeek":
            if self._first:
                self._out.write(zeek_rows.header())
            self._out.writelines(zeek_rows.rows(frame))
        elif self._form == "ndjson":
            frame.write_ndjson(self._out)
        else:
            _for_spreadsheets(frame).write_csv(self._out, include_header=self._first)
        self._first = False

    def _write_parquet(self, frame: pl.DataFrame) -> None:
        import polars as pl

        # Parquet ends in a footer, so parts are spooled beside each other and streamed into one file at the end.
        frame = frame.with_columns([pl.from_epoch(pl.col(name), time_unit="ns").alias(name) for name in self._times])
        if self._parts is None:
            self._parts = tempfile.TemporaryDirectory(prefix="pcapscan-")
        frame.write_parquet(Path(self._parts.name) / f"{self._count:08d}.parquet")
        self._count += 1

    def close(self) -> None:
        """Finish the file; an empty result still is a valid file."""
        if self._parts is not None:
            import polars as pl

            whole = Path(self._parts.name) / "whole"
            pl.scan_parquet(Path(self._parts.name) / "*.parquet").sink_parquet(whole)
            with whole.open("rb") as file:
                shutil.copyfileobj(file, self._out)
            self._parts.cleanup()
            self._parts = None
        self._out.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()


def _for_spreadsheets(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    frame = frame.with_columns([pl.col(name).cast(pl.List(pl.String)).list.join(" ") for name in lists])
    risky = frame.select(
        [pl.col(name).str.contains(r"^[=+\-@\t\r]|[^\x20-\x7e]").fill_null(False).any().alias(name) for name in texts]
    ).row(0)
    hostile = [name for name, found in zip(texts, risky, strict=True) if found]
    return frame.with_columns([pl.col(name).map_elements(for_csv, return_dtype=pl.String) for name in hostile])
