"""Run with NUMBA_DISABLE_JIT=1 by the tests beside it.

``plain.py prefixes``: any prefix of a conversation's side, and any prefix followed by junk, gets one of the three answers and never an exception; over
TCP no prefix is denied that is not denied as a whole. Prints what breaks it.

``plain.py verdicts``: the verdicts of :func:`pcapscan.identify.identify` over the same seeded flows as the compiled engine sees.
"""

import json
import random
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from pcapscan.identify import ask, heads_of, identify  # noqa: E402

EXAMPLES = runpy.run_path(str(HERE / "conversations.py"))["EXAMPLES"]


def flows():
    """Seeded flows: the conversations whole, cut, mixed with each other and with junk; per IP protocol."""
    chance = random.Random(11)
    found = {6: [], 17: []}
    for _, proto, orig, resp, liar in EXAMPLES:
        found[proto] += [(orig, resp), (orig, b""), (b"", resp), (resp, orig), (liar, b""), (orig, b"junk and more junk")]
        for _ in range(3):
            found[proto].append(
                (orig[: chance.randrange(len(orig))] + chance.randbytes(chance.randrange(40)), resp[: chance.randrange(len(resp) + 1)])
            )
    for proto in (6, 17):
        found[proto] += [(chance.randbytes(chance.randrange(1, 200)), chance.randbytes(chance.randrange(200))) for _ in range(40)]
        found[proto] += [(b"user one two three\nlist of it\n", b"$ whoami\nroot\n# "), (b"id\n", b"uid=0(root) gid=0(root)\n")]
    return found


def verdicts():
    """Every column of every verdict, rounded, as JSON."""
    said = []
    for proto, conversations in flows().items():
        for sure, flags in ((True, (0, 0)), (False, (1, 1))):
            table = identify(heads_of(conversations, proto, sure, flags))
            for row in range(len(table)):
                facts = [table.facts[k] if k >= 0 else None for k in (table.orig_facts[row], table.resp_facts[row])]
                name = table.strings[table.server_name[row]] if table.server_name[row] >= 0 else None
                numbers = [
                    int(getattr(table, c)[row])
                    for c in ("protocol", "orig_protocol", "resp_protocol", "basis", "bits", "fake", "upgraded", "swap", "shell")
                ]
                said.append([numbers, name, facts, f"{table.orig_entropy[row]:.3f}", f"{table.resp_printable[row]:.3f}"])
    return json.dumps(said)


def prefixes():
    """Hold every conversation to the sentence; the number of answers asked for."""
    chance = random.Random(3)
    asked = 0
    for name, proto, orig, resp, _ in EXAMPLES:
        for side in (0, 1):
            whole = (orig, resp)[side]
            for n in sorted(chance.sample(range(1, len(whole) + 1), min(len(whole), 40))) if whole else ():
                for junk in (b"", chance.randbytes(chance.randrange(1, 60)), b"\0" * 30, b"\xff" * 30, b"words of text\r\n"):
                    own = whole[:n] + junk
                    pair = (own, resp) if side == 0 else (orig, own)
                    for flags in ((0, 0), (15, 15)):
                        said = ask(name, *pair, proto=proto, sure=not flags[0], flags=flags)
                        asked += 1
                        assert all(type(x) is int for x in said), (name, own, said)
                        if proto == 6 and not junk and flags == (0, 0) and said[side] == 0:
                            print("denied a prefix:", name, side, own)
    return asked


if __name__ == "__main__":
    print(verdicts() if sys.argv[1] == "verdicts" else prefixes())
