"""Connection states: one story a word, told in flags (upper case the client's, lower case the server's)."""

from __future__ import annotations

import pytest

STORIES = {
    "S": "S0", "R": "OTH", "RR": "OTH", "SrSh": "S1", "SrShADfF": "SF", "SS": "S0", "Sh": "S1", "ShA": "S1", "ShADd": "S1", "ShADdFfA": "SF", "ShADdfF": "SF", "Sr": "REJ", "SSr": "REJ",
    "ShF": "S2", "ShAFd": "S2", "Shf": "S3", "ShAfD": "S3", "ShAR": "RSTO", "ShADdR": "RSTO", "ShAr": "RSTR", "ShADr": "RSTR",
    "ShFR": "RSTO", "SR": "RSTOS0", "hr": "RSTRH", "SF": "SH", "SADF": "SH", "hf": "SHR", "Dd": "OTH", "D": "OTH", "SAD": "S0",
    "Sd": "OTH", "DdFf": "SF", "ShRr": "REJ", "ShADRr": "RSTR", "ShAFfr": "SF", "ShAFrf": "RSTR", "hS": "S1", "hSA": "S1", "hA": "S1", "Sa": "S0", "Sah": "S1", "ShAfrF": "SF",
}  # fmt: skip
FLAGS = {"S": "S", "H": "SA", "A": "A", "D": "PA", "F": "FA", "R": "RA"}


@pytest.mark.parametrize("story", STORIES)
def test_story_has_zeek_s_word(bench, story):
    seq, packets = {"up": 1000, "down": 9000}, []
    for k, letter in enumerate(story):
        way = "up" if letter.isupper() else "down"
        other = "down" if way == "up" else "up"
        if letter in "SHsh":
            seq[way] = 1000 if way == "up" else 9000  # a repeated SYN is a retransmission
        data = b"data" if letter in "Dd" else b""
        packets.append(getattr(bench, way)(data, flags=FLAGS[letter.upper()], seq=seq[way], ack=seq[other], t=k / 100))
        seq[way] += len(data) + (letter.upper() in "SHF")
    # Mid-stream, the ports do not tell, so the client is who spoke first.
    (flow,) = bench.run(packets)
    assert flow["state"] == STORIES[story]
    assert flow["resp_p"] == 4444
