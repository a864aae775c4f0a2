"""The user's own lists: addresses, networks, names and fingerprints, one a line, a million in a second or two.

A line holds one indicator; what follows a ``#`` or a comma is a comment. What it is, its shape tells: an address, a network in CIDR
notation, a fingerprint (JA3, JA3S and HASSH: 32 hexadecimal digits; SHA-1 and SHA-256 of a certificate: 40 and 64; JA4: its
three parts), else a name. ``example.com`` is that name alone, ``*.example.com`` every name below, ``.example.com`` both.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from msgspec import Struct

from pcapscan.errors import KnowledgeError
from pcapscan.knowledge.load import _NAME
from pcapscan.tables import U64, Bool

MAX_BYTES = 512 << 20

_FINGERPRINT = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[tqd][0-9a-z]{9}_[0-9a-f]{12}_[0-9a-f]{12}")
_MAPPED = b"\0" * 10 + b"\xff\xff"


class Indicators(Struct, frozen=True, eq=False):
    """Lists in columns.

    Attributes
    ----------
    address_hi, address_lo : uint64[a]
        Sorted by the low word, then the high one; each once.
    networks : tuple of (mask_hi, value_hi, mask_lo, value_lo)
    names : frozenset of str
        Lower case; exact.
    suffixes : frozenset of str
        Without the leading dot: every name below matches.
    fingerprints : frozenset of str
    """

    address_hi: U64
    address_lo: U64
    networks: tuple[tuple[int, int, int, int], ...]
    names: frozenset[str]
    suffixes: frozenset[str]
    fingerprints: frozenset[str]

    def __len__(self) -> int:
        return len(self.address_lo) + len(self.networks) + len(self.names) + len(self.suffixes) + len(self.fingerprints)

    def has_addresses(self, hi: U64, lo: U64) -> Bool:
        """Which addresses are listed, or lie in a listed network (bool[n])."""
        found = np.zeros(len(hi), np.bool_)
        if len(self.address_lo):
            left = np.searchsorted(self.address_lo, lo, "left")
            right = np.searchsorted(self.address_lo, lo, "right")
            single = right - left == 1
            found[single] = self.address_hi[left[single]] == hi[single]
            for i in np.flatnonzero(right - left > 1):  # addresses that share their low half: rare
                found[i] = bool((self.address_hi[left[i] : right[i]] == hi[i]).any())
        for net in self.networks:
            mask_hi, value_hi, mask_lo, value_lo = (np.uint64(x) for x in net)
            found |= ((hi & mask_hi) == value_hi) & ((lo & mask_lo) == value_lo)
        return found

    def has_name(self, name: str) -> bool:
        """Whether a server name is listed, itself or by a suffix."""
        name = name.lower().rstrip(".")
        if name in self.names:
            return True
        at = name.find(".")
        while at >= 0:
            if name[at + 1 :] in self.suffixes:
                return True
            at = name.find(".", at + 1)
        return False


def _network(text: str, path: Path, line: int) -> tuple[int, int, int, int]:
    address, _, length = text.partition("/")
    try:
        six = ":" in address
        raw = socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, address)
        bits = int(length)
        if not 0 <= bits <= (128 if six else 32):
            raise ValueError(length)
    except (OSError, ValueError) as error:
        raise KnowledgeError(str(path), "", f"line {line}", f"{text[:80]!r} is no network in CIDR notation") from error
    value = int.from_bytes(raw if six else _MAPPED + raw)
    mask = ((1 << (bits if six else bits + 96)) - 1) << (128 - (bits if six else bits + 96))
    word = (1 << 64) - 1
    return mask >> 64, (value & mask) >> 64, mask & word, value & mask & word


def _lines(path: Path) -> Iterable[str]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise KnowledgeError(str(path), "", "", f"an indicator list of more than {MAX_BYTES >> 20} MiB is refused")
        data = path.read_bytes()
    except OSError as error:
        raise KnowledgeError(str(path), "", "", f"cannot be read: {error.strerror}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KnowledgeError(str(path), "", f"byte {error.start}", "is no text in UTF-8") from error
    return text.lower().splitlines()


def load_indicators(paths: Sequence[Path]) -> Indicators:
    """Read lists of indicators.

    Raises
    ------
    KnowledgeError
        Naming file and line.
    """
    four: list[bytes] = []
    networks: list[tuple[int, int, int, int]] = []
    names: set[str] = set()
    suffixes: set[str] = set()
    prints: set[str] = set()
    pton, AF4, AF6 = socket.inet_pton, socket.AF_INET, socket.AF_INET6
    for path in paths:
        for number, line in enumerate(_lines(path), 1):
            if "#" in line or "," in line:
                line = line.split("#", 1)[0].split(",", 1)[0]
            word = line.strip()
            if not word:
                continue
            try:
                if word[-1].isdigit() and word[0].isdigit() and word.count(".") == 3 and "/" not in word:
                    four.append(_MAPPED + pton(AF4, word))
                elif "/" in word:
                    networks.append(_network(word, path, number))
                elif ":" in word:
                    four.append(pton(AF6, word))
                elif _FINGERPRINT.fullmatch(word):
                    prints.add(word)
                elif _NAME.fullmatch(word):
                    bare = word.lstrip("*").lstrip(".").rstrip(".")
                    if word[0] == "*" or word[0] == ".":
                        suffixes.add(bare)
                    if word[0] != "*":
                        names.add(bare)
                else:
                    raise OSError
            except OSError as error:
                problem = f"{word[:80]!r} is no address, network, name or fingerprint"
                raise KnowledgeError(str(path), "", f"line {number}", problem) from error
    words = np.frombuffer(b"".join(four), ">u8").reshape(-1, 2).astype(np.uint64)
    order = np.lexsort((words[:, 0], words[:, 1]))
    words = words[order]
    if len(words):
        words = words[np.concatenate([[True], (words[1:] != words[:-1]).any(axis=1)])]
    return Indicators(
        words[:, 0].copy(), words[:, 1].copy(), tuple(dict.fromkeys(networks)), frozenset(names), frozenset(suffixes), frozenset(prints)
    )
