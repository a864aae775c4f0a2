"""Words of text protocols: what spares a comparison changes no answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcapscan.identify.protocols._text import listed, listed_nocase, vocabulary, word, word_nocase

LISTS = [b"GET |PUT |* OK|\x00\x04MQTT|x", b"user|pass|auth tls|* ok |pwd|", b"\xff\x00|a|ab|abc"]
TEXTS = [b"GET /", b"gE", b"USER", b"Auth Tl", b"* OK", b"\xff", b"\x00\x04MQ", b""]


@pytest.mark.parametrize("words", LISTS)
@given(st.sampled_from(TEXTS) | st.binary(max_size=6), st.integers(0, 7))
@settings(deadline=None)
def test_a_vocabulary_answers_as_its_words_do(words, text, at):
    """At every offset, also past the end, where more is needed."""
    b, lower = np.frombuffer(text + b"\0", np.uint8), words.lower()
    assert listed(b, len(text), at, vocabulary(words)) == word(b, len(text), at, words)
    assert listed_nocase(b, len(text), at, vocabulary(lower, nocase=True)) == word_nocase(b, len(text), at, lower)
