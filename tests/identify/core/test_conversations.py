"""Conversations, the liar beside each, and what a side says alone."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXAMPLES = runpy.run_path(str(HERE / "conversations.py"))["EXAMPLES"]
SYMMETRIC = {"ssh", "dtls", "quic", "smb", "telnet", "xmpp", "mdns"}
"""Protocols in which the first words of a client and of a server can be the same, or the example's are."""
IDS = [f"{name}-{k}" for k, (name, *_) in enumerate(EXAMPLES)]


@pytest.mark.parametrize(("name", "proto", "orig", "resp", "liar"), EXAMPLES, ids=IDS)
def test_conversation_is_named(one, name, proto, orig, resp, liar):
    found = one(orig, resp, proto)
    assert (found["protocol"], found["basis"]) == (name, "both" if resp else "orig")


@pytest.mark.parametrize(("name", "proto", "orig", "resp", "liar"), EXAMPLES, ids=IDS)
def test_liar_is_not_named_so(one, name, proto, orig, resp, liar):
    assert one(liar, b"", proto)["protocol"] != name


@pytest.mark.parametrize(("name", "proto", "orig", "resp", "liar"), EXAMPLES, ids=IDS)
def test_exchanged_sides_are_turned_where_the_handshake_was_not_seen(one, name, proto, orig, resp, liar):
    found = one(resp, orig, proto, sure=False)
    assert found["protocol"] == name
    assert found["swap"] or name in SYMMETRIC


def plain(what):
    run = subprocess.run(
        [sys.executable, "-W", "error", str(HERE / "plain.py"), what],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.stderr == ""
    return run.stdout.strip()


def test_any_prefix_and_junk_is_value_need_more_or_not_this():
    said = plain("prefixes")
    assert said.isdigit(), said
    assert int(said) > 10_000


def test_compiled_engine_says_what_plain_python_says():
    """The slow twin of every kernel here is its own source, run without numba."""
    compiled = runpy.run_path(str(HERE / "plain.py"))["verdicts"]()
    assert json.loads(plain("verdicts")) == json.loads(compiled)
