"""Object files laid out: what a linker would do each time is done once, so that loading is copying and adding an address.

numba's code for this processor (x86-64, the large model) refers to everything by its whole address, of 64 bits: to itself, and to some
functions of C's library. A flat image is the sections of an object file one behind the other, each address of its own counted from the
image's begin, with the list of where these stand. Who loads one does without llvmlite, whose library alone takes longer to load than
all kernels. What is not of this simple kind stays an object file.
"""

from __future__ import annotations

import ctypes
import json
import struct
import sys
from functools import cache
from typing import Any

import numpy as np

MAGIC = b"flat 1\n"
"""How a flat image begins; no object file does."""

_X86_64 = 62
_SYMBOLS, _NO_BITS, _RELA = 2, 8, 4
_WRITE, _ALLOC, _TLS = 1, 2, 0x400
_ADDRESS = 1
"""R_X86_64_64, the one kind of reference that is understood: the whole address of a symbol, plus a number."""


def laid_out(entry: str, code: bytes) -> bytes | None:
    """Make a flat image of an object file.

    Parameters
    ----------
    entry : str
        Symbol that will be called.
    code : bytes

    Returns
    -------
    bytes or None
        None where the file is of another kind, or asks for more than this does.
    """
    if (
        sys.platform != "linux"
        or sys.byteorder != "little"
        or code[:6] != b"\x7fELF\x02\x01"
        or struct.unpack_from("<H", code, 18)[0] != _X86_64
    ):
        return None
    table, (size, count) = struct.unpack_from("<Q", code, 40)[0], struct.unpack_from("<HH", code, 58)
    # name, type, flags, address, offset, size, link, info, alignment, entry size
    sections = [struct.unpack_from("<IIQQQQIIQQ", code, table + size * k) for k in range(count)]
    out = bytearray()
    begin: dict[int, int] = {}
    for k, (_, kind, flags, _, offset, length, _, _, align, _) in enumerate(sections):
        if flags & _ALLOC and length:
            if flags & (_WRITE | _TLS) or kind == _NO_BITS:
                return None
            out += bytes(-len(out) % max(1, align))
            begin[k] = len(out)
            out += code[offset : offset + length]
    listed = next((s for s in sections if s[1] == _SYMBOLS), None)
    if listed is None:
        return None
    names = sections[listed[6]][4]

    def symbol(number: int) -> tuple[str, int, int]:
        """Name, section, value."""
        name, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", code, listed[4] + 24 * number)
        return code[names + name : code.index(b"\0", names + name)].decode(), section, value

    symbols = [symbol(k) for k in range(listed[5] // 24)]
    inner: list[int] = []
    outer: dict[str, list[int]] = {}
    for _, kind, _, _, offset, length, _, target, _, _ in sections:
        if kind != _RELA or target not in begin:
            continue
        for k in range(length // 24):
            place, info, addend = struct.unpack_from("<QQq", code, offset + 24 * k)
            name, section, value = symbols[info >> 32]
            place += begin[target]
            if info & 0xFFFFFFFF != _ADDRESS:
                return None
            if section in begin:
                inner.append(place)
                struct.pack_into("<q", out, place, begin[section] + value + addend)
            elif section == 0 and addend == 0 and name:
                outer.setdefault(name, []).append(place)
            else:
                return None
    at = next((begin[section] + value for name, section, value in symbols if name == entry and section in begin), None)
    if at is None:
        return None
    head = json.dumps({"entry": at, "inner": len(inner), "outer": outer}).encode()
    return MAGIC + head + b"\n" + np.array(inner, "<i8").tobytes() + bytes(out)


@cache
def _library() -> Any:
    """C's library, as far as this needs it."""
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    library.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
    library.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return library


def load(image: bytes) -> int:
    """Lay a flat image into memory, where it stays; answer the address of its entry.

    Raises
    ------
    OSError
        The system gives no memory for code.
    AttributeError
        C's library lacks a function that the image calls.
    """
    head, _, rest = image[len(MAGIC) :].partition(b"\n")
    told = json.loads(head)
    places, code = np.frombuffer(rest, "<i8", told["inner"]), bytearray(rest[8 * told["inner"] :])
    library = _library()
    read, write, run, private_anonymous = 1, 2, 4, 0x22
    base = library.mmap(None, len(code), read | write, private_anonymous, -1, 0)
    if base in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "no memory for a kernel")
    octets = np.frombuffer(code, np.uint8)
    where = places[:, None] + np.arange(8)
    octets[where] = (octets[where].view("<i8") + base).view(np.uint8)
    for name, calls in told["outer"].items():
        address = struct.pack("<Q", ctypes.cast(getattr(library, name), ctypes.c_void_p).value)
        for place in calls:
            code[place : place + 8] = address
    ctypes.memmove(base, bytes(code), len(code))
    if library.mprotect(base, len(code), read | run):
        raise OSError(ctypes.get_errno(), "memory for a kernel may not be run")
    return int(base) + int(told["entry"])
