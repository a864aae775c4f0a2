"""Times of certificates, in the two forms of RFC 5280 section 4.1.2.5, and what only looks like one."""

import pytest

from pcapscan.identify.protocols._x509 import CutError, _time

UTC_TIME, GENERALIZED, PRINTABLE = 0x17, 0x18, 0x13


def told(tag, text):
    return _time(bytes([tag, len(text)]) + text, 0)


@pytest.mark.parametrize(
    ("tag", "text", "said"),
    [
        (UTC_TIME, b"260102030405Z", "2026-01-02T03:04:05Z"),
        (UTC_TIME, b"491231235959Z", "2049-12-31T23:59:59Z"),
        (UTC_TIME, b"500101000000Z", "1950-01-01T00:00:00Z"),  # C's library would say 2050
        (UTC_TIME, b"991231235959Z", "1999-12-31T23:59:59Z"),
        (GENERALIZED, b"20500101000000Z", "2050-01-01T00:00:00Z"),
        (GENERALIZED, b"99991231235959Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_time(tag, text, said):
    assert told(tag, text) == (said, 2 + len(text))


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (UTC_TIME, b"261302030405Z"), (UTC_TIME, b"2601020304Z"), (UTC_TIME, b"260102030405+0100"), (UTC_TIME, b"26010203040 Z"),
        (UTC_TIME, b"+60102030405Z"), (UTC_TIME, b"20500101000000Z"), (GENERALIZED, b"260102030405Z"), (GENERALIZED, b"00000101000000Z"), (UTC_TIME, b""),
        (UTC_TIME, b"260102030460Z"),
    ],
)  # fmt: skip
def test_what_is_no_time_is_told_as_it_stands(tag, text):
    assert told(tag, text)[0] == text.decode()


def test_another_element_or_a_cut_one_is_cut():
    with pytest.raises(CutError):
        told(PRINTABLE, b"260102030405Z")
    with pytest.raises(CutError):
        _time(bytes([UTC_TIME, 13]) + b"2601020304", 0)
