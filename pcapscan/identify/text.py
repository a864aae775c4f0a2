"""What is said of every flow, named or not: entropy, printable share, and whether it reads as an interactive shell."""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels import helper, lit, lit_nocase, u8
from pcapscan.tables import F64

from .protocols._text import word

SAMPLE = 512
"""Bytes of a head over which entropy and printable share are taken."""
LEAST = 16
"""Under so many bytes entropy says nothing."""


def entropy_terms() -> F64:
    """``c * log2(c)`` for counts up to :data:`SAMPLE`; float64[SAMPLE + 1]."""
    c = np.arange(SAMPLE + 1, dtype=np.float64)
    terms: F64 = c * np.log2(np.maximum(c, 1))
    return terms


@helper
def texture(b: Any, n: int, terms: Any, counts: Any, row: int, entropy: Any, printable: Any) -> None:
    """Entropy in bits per byte and printable share of a head, over its first ``SAMPLE`` bytes; not written where it is silent.

    ``counts`` is scratch: uint16[2, 256], zeros.
    """
    n = min(n, SAMPLE)
    if n <= 0:
        return
    even, odd = counts[0], counts[1]
    # Two tables, since a byte that follows its like would wait for the count before.
    for k in range(0, n - 1, 2):
        even[b[k]] += 1
        odd[b[k + 1]] += 1
    if n & 1:
        even[b[n - 1]] += 1
    readable = 0
    for x in range(256):
        c = even[x] + odd[x]
        even[x], odd[x] = c, 0
        readable += int(np.int64(c)) * (32 <= x < 127 or x == 10 or x == 13 or x == 9)
    printable[row] = readable / n
    total = 0.0
    if n >= LEAST:
        # What stands there once adds nothing, and most bytes stand nowhere: four counts at a time.
        for x in range(0, 256, 4):
            if even[x] > 1 or even[x + 1] > 1 or even[x + 2] > 1 or even[x + 3] > 1:
                for y in range(x, x + 4):
                    total += terms[even[y]]
        entropy[row] = np.log2(float(n)) - total / n
    for x in range(256):
        even[x] = 0


COMMANDS = (
    b"id|whoami|ls|dir|pwd|uname|cat|cd|ps|ipconfig|ifconfig|hostname|netstat|systeminfo|tasklist|net|type|echo|env|set|exit|w|who|"
    b"wget|curl|ping|ip|sudo|su|rm|mkdir|cp|mv|chmod|df|find|grep|arp|route|ver|reg|schtasks|powershell|cmd|bash|sh|python|python3|"
    b"nc|ncat|export|uptime|date|last|history|quser|query|wmic|nslookup|tracert|systemctl|crontab|Get-Process|"
)
"""Commands that people at a shell type; a word ends in ``|``."""


@helper
def is_prompt(b: Any, n: int, i: int) -> bool:
    """Whether a shell's prompt, or a line that only a shell prints, begins at the line that begins at ``i``."""
    if lit(b, n, i, b"Microsoft Windows [") or (lit(b, n, i, b"PS ") and u8(b, n, i + 4) == 58 and u8(b, n, i + 5) == 92):
        return True
    if lit(b, n, i, b"uid=") and 48 <= u8(b, n, i + 4) <= 57:
        return True
    if lit(b, n, i, b"bash: no job control") or lit(b, n, i, b"bash: cannot set terminal") or lit(b, n, i, b"root:x:0:0:"):
        return True
    c = u8(b, n, i)
    if u8(b, n, i + 1) == 58 and u8(b, n, i + 2) == 92 and (65 <= c <= 90 or 97 <= c <= 122):
        # C:\Users\x> before the line ends.
        for k in range(i + 3, min(n, i + 260)):
            x = u8(b, n, k)
            if x == 62:
                return True
            if x < 32:
                return False
        return False
    return is_posix_prompt(b, n, i)


@helper
def is_posix_prompt(b: Any, n: int, i: int) -> bool:
    """``user@host:dir$ ``, ``[user@host dir]# ``, ``sh-5.1$ ``, ``bash-4.2# ``, or a bare ``$ `` or ``# `` at the head's end or before a line."""
    if (lit(b, n, i, b"sh-") or lit(b, n, i, b"bash-")) and is_posix_end(b, n, i + 4, i + 16):
        return True
    at = False
    for k in range(i, min(n, i + 80)):
        x = u8(b, n, k)
        if x == 64 and k > i:
            at = True
        elif (x == 36 or x == 35) and u8(b, n, k + 1) == 32:
            return at or (k == i and k + 2 == n)
        elif x <= 32 and not (x == 32 and u8(b, n, i) == 91 and at):
            return False
    return False


@helper
def is_posix_end(b: Any, n: int, i: int, stop: int) -> bool:
    """Whether ``$ `` or ``# `` stands between ``i`` and ``stop``, behind digits and dots."""
    for k in range(i, min(n, stop)):
        x = u8(b, n, k)
        if (x == 36 or x == 35) and u8(b, n, k + 1) == 32:
            return True
        if x != 46 and not 48 <= x <= 57 and x != 45:
            return False
    return False


@helper
def shell_marks(b: Any, n: int) -> int:
    """Prompts at the beginnings of a side's lines, up to three."""
    marks = 0
    begin = True
    for i in range(n):
        if begin and is_prompt(b, n, i):
            marks += 1
            if marks == 3:
                return marks
        c = u8(b, n, i)
        begin = c == 10 or c == 13
    return marks


@helper
def command_lines(b: Any, n: int) -> int:
    """Lines of a side if every one of them is a command; 0 if one is not (or there is none)."""
    count = 0
    i = 0
    while i < n:
        m = word(b, n, i, COMMANDS)
        if m <= 0:
            return 0
        c = u8(b, n, i + m)
        if c != 10 and c != 13 and c != 32:
            return 0
        while i < n and u8(b, n, i) != 10:
            i += 1
        if i == n:
            return count
        i += 1
        count += 1
    return count


@helper
def reads_as_shell(b: Any, n: int, printable: float, pn: int, peer_printable: float) -> bool:
    """Whether the bytes of one side read as a shell: its prompts, or commands that the other side answers by text."""
    if n == 0 or printable < 0.8:
        return False
    if shell_marks(b, n) > 0 or lit_nocase(b, n, 0, b"microsoft windows ["):
        return True
    return pn > 0 and peer_printable >= 0.85 and command_lines(b, n) > 0
