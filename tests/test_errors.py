"""Every error says where and what, and knows its exit code."""

from __future__ import annotations

import inspect

import pytest

from pcapscan import errors
from pcapscan.errors import Corrupt, InputError, KnowledgeError, NotRecognised, PcapscanError, TooLarge, UsageError

TREE = [v for v in vars(errors).values() if inspect.isclass(v) and issubclass(v, Exception)]


def test_all_errors_have_one_root():
    assert all(issubclass(kind, PcapscanError) for kind in TREE)


def test_exit_codes_are_the_contract():
    assert (errors.EXIT_OK, errors.EXIT_USAGE, errors.EXIT_FINDINGS, errors.EXIT_PARTIAL, errors.EXIT_NOTHING_READ) == (0, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("kind", "code"), [(UsageError, 2), (KnowledgeError, 2), (InputError, 4), (NotRecognised, 4), (Corrupt, 4), (TooLarge, 4)]
)
def test_each_leaf_knows_its_exit_code(kind, code):
    assert kind.exit_code == code
    assert kind.__doc__


@pytest.mark.parametrize("kind", [InputError, NotRecognised, Corrupt, TooLarge])
def test_an_input_error_says_file_offset_and_problem(kind):
    error = kind("evidence.pcap", 9118224, "caplen exceeds snaplen")
    assert str(error) == "evidence.pcap at byte 9 118 224: caplen exceeds snaplen"
    assert (error.path, error.offset, error.problem) == ("evidence.pcap", 9118224, "caplen exceeds snaplen")
    assert str(kind("evidence.pcap", None, "empty")) == "evidence.pcap: empty"
    assert "byte 0:" in str(kind("evidence.pcap", 0, "cut"))


@pytest.mark.parametrize(
    ("table", "key", "text"),
    [("port", "why", "a.toml: [port]: why: missing"), ("port", "", "a.toml: [port]: missing"), ("", "", "a.toml: missing")],
)
def test_a_knowledge_error_names_file_table_and_key(table, key, text):
    error = KnowledgeError("a.toml", table, key, "missing")
    assert str(error) == text
    assert isinstance(error, UsageError)
