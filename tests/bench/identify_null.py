"""Made-up heads that are no protocol, and how many are given a name.

    python tests/bench/identify_null.py [FLOWS] [SEED]

Uniform random bytes; lines of text in several languages, and of the protocols' own words in no order; compressed, base64 and XORed
data; length-prefixed records; counters and fills; 1 to 2,000 bytes, one side and both, TCP and UDP.
"""

import base64
import collections
import random
import sys
import zlib

import numpy as np

from pcapscan.identify import Identifier, heads_of

LANGUAGES = [
    "the quick brown fox jumps over the lazy dog and then it was all quiet on the front",
    "der schnelle braune Fuchs springt ueber den faulen Hund und dann ist alles ruhig",
    "le renard brun saute par dessus le chien paresseux puis tout devient calme ici",
    "el zorro marron salta sobre el perro perezoso y luego todo queda tranquilo hoy",
    "быстрая коричневая лиса прыгает через ленивую собаку и потом тихо",
    "敏捷的棕色狐狸跳过了懒狗然后一切都安静了",
    "GET LIST OPEN quit help user data 220 ok error 200 hello info time status mode",
]


def text(r):
    w = r.choice(LANGUAGES).split()
    out = []
    for _ in range(r.randint(1, 40)):
        line = " ".join(r.choice(w) for _ in range(r.randint(1, 12)))
        if r.random() < 0.3:
            line = line.capitalize()
        if r.random() < 0.2:
            line = line.upper()
        if r.random() < 0.2:
            line = str(r.randint(0, 9999)) + r.choice([" ", ": ", "\t", "-"]) + line
        out.append(line)
    return r.choice(["\n", "\r\n"]).join(out).encode() + r.choice([b"", b"\n", b"\r\n"])


def make(r):
    k = r.randint(0, 9)
    n = r.choice([r.randint(1, 30), r.randint(1, 200), r.randint(1, 2000)])
    if k <= 2:
        return r.randbytes(n)
    if k <= 4:
        return text(r)[:n]
    if k == 5:
        return zlib.compress(text(r) + r.randbytes(n // 2))[r.choice([0, 2]) :][:n]
    if k == 6:
        return base64.b64encode(r.randbytes(n))[:n]
    if k == 7:
        key = r.randint(1, 255)
        base = r.choice(
            [
                b"GET / HTTP/1.1\r\nHost: example.com\r\nUser-Agent: Mozilla/5.0\r\n\r\n",
                text(r),
                b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + r.randbytes(100),
                b"SSH-2.0-OpenSSH_8.9\r\n",
            ]
        )
        return bytes(c ^ key for c in base)[:n]
    if k == 8:
        out = b""
        e = r.choice(["big", "little"])
        w = r.choice([1, 2, 4])
        while len(out) < n:
            m = r.randint(0, min(200, 2 ** (8 * w) - 1))
            body = r.choice([r.randbytes(m), bytes(m), text(r)[:m]])
            out += len(body).to_bytes(w, e) + (r.randbytes(1) if r.random() < 0.5 else b"") + body
        return out[: max(n, 1)]
    return (
        bytes([r.choice([0, 255, r.randint(0, 255)])]) * n
        if r.random() < 0.5
        else (r.randint(0, 70000).to_bytes(4, r.choice(["big", "little"])) + r.randbytes(n))
    )


def named(total, seed):
    """Names given to ``total`` made-up flows."""
    chance = random.Random(seed)
    found = collections.Counter()
    identifier = Identifier()
    for start in range(0, total, 20_000):
        for proto in (6, 17):
            flows = []
            for _ in range(min(10_000, (total - start) // 2)):
                one_sided, orig, resp = chance.random(), make(chance), make(chance)
                if proto == 17 and chance.random() < 0.5:
                    size = max(1, len(orig) // 2)
                    orig = [orig[i : i + size] for i in range(0, len(orig), size)]
                flows.append((orig, b"") if one_sided < 0.3 else (b"", resp) if one_sided < 0.4 else (orig, resp))
            table = identifier.identify(heads_of(flows, proto, sure=proto == 6))
            for row in np.flatnonzero(table.protocol >= 0):
                found[table.names[table.protocol[row]]] += 1
                print(table.names[table.protocol[row]], table.bits[row], *(str(side)[:100] for side in flows[row]))
    return found


if __name__ == "__main__":
    total, seed = (int(x) for x in (sys.argv[1:] + ["1000000", "1"][len(sys.argv) - 1 :]))
    found = named(total, seed)
    print(f"{sum(found.values())} of {total} named: {dict(found)}")
