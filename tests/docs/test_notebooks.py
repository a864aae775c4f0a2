"""The page's Python is run as it stands; what it is said to give is what it gives."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pcapscan.pipeline import Run, Settings, flow_rows
from pcapscan.report.notebook import NUMBERS, WORDS, flow_frame, matrix_frame

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "notebooks.md"


@pytest.fixture(scope="module")
def after() -> dict:
    """Names after both blocks of the page were run, in one go as in a notebook; ``said`` is what they printed."""
    names: dict = {}
    here = Path.cwd()
    out = io.StringIO()
    with contextlib.chdir(ROOT), contextlib.redirect_stdout(out), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zat fills copies, and pandas says so
        for block in re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.M | re.S):
            exec(compile(block, str(PAGE), "exec"), names)
    assert Path.cwd() == here
    return {**names, "said": out.getvalue()}


def test_the_page_runs_and_says_something(after):
    assert "tls" in after["said"]
    assert len(after["odd"]) > 50
    assert after["matrix"].dtype == np.float32
    assert after["matrix"].shape[0] == len(after["flows"])
    assert np.isfinite(after["matrix"]).all()
    assert np.isfinite(after["flows"]["strangeness"]).all()


def test_the_matrix_tells_flows_apart(after):
    """Columns that are one value say nothing; a matrix of such would pass the test above."""
    assert (np.ptp(after["matrix"], axis=0) > 0).sum() > 20


def test_a_frame_says_what_the_rows_say(after):
    flows = after["flows"]
    rows = list(flow_rows(Run([str(ROOT / "captures")], Settings(digest=False))))
    assert len(flows) == sum(len(columns["first"]) for columns in rows)
    assert str(flows["first"].dtype) == "datetime64[ns, UTC]"
    assert flows["first"].astype("int64").tolist() == [int(t) for columns in rows for t in columns["first"]]
    assert flows["verdict"].dtype == "category"
    assert flows["protocol"].isna().any(), "not named is missing, not a word"


def test_what_is_not_known_is_missing_in_the_frame_and_marked_in_the_matrix(tmp_path):
    log = tmp_path / "conn.log"
    log.write_text(
        "#separator \\x09\n#unset_field\t-\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\torig_bytes\t"
        "resp_bytes\tconn_state\n1.5\tC1\t10.0.0.1\t5\t10.0.0.2\t80\ttcp\t-\t-\t7\tSF\n2.5\tC2\t10.0.0.1\t6\t10.0.0.2\t80\ttcp\thttp\t5\t7\tSF\n"
    )
    frame = flow_frame(flow_rows(Run([str(log)], Settings(digest=False))))
    assert np.isnan(frame["orig_bytes"][0])
    assert frame["orig_bytes"][1] == 5
    ready = matrix_frame(frame)
    assert ready["orig_bytes"].tolist() == [-1.0, 5.0]
    assert ready["protocol"].tolist() == ["none", "http"]
    assert not ready.isna().any().any()
    assert set(ready.columns) == {*NUMBERS, *WORDS}


def test_no_flows_no_rows():
    assert len(flow_frame([])) == 0


def test_zat_fills_nothing_under_pandas_3():
    """The reason for ``matrix_frame``; should zat mend it, the page can say so."""
    from zat.dataframe_to_matrix import DataFrameToMatrix

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matrix = DataFrameToMatrix().fit_transform(pd.DataFrame({"a": [1.0, np.nan, 3.0]}))
    assert np.isnan(matrix).any() == (int(pd.__version__.split(".")[0]) >= 3)
