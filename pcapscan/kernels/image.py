"""Kernels as machine code: declared by a signature, loaded from a file, called by address.

An image has one entry that takes the address of a row of 64-bit slots: for an array the address of its bytes and its lengths, for a
number the number; the results are left in the last slots. It is kept laid out (:mod:`.flat`), or, where that knows no way, as the
object file, which llvmlite links; ctypes calls it without the GIL.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import re
import struct
import threading
import weakref
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pcapscan.cache import keep
from pcapscan.kernels import flat

NUMBERS = ("int64", "uint64", "float64", "int32", "int16", "boolean")
"""Kinds of a kernel's arguments that are no arrays."""

_ENTRY = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
"""numba's own calling convention: where a result would go (there is none), where an error would, and the one argument."""


class Argument(Struct, frozen=True):
    """One argument: a number (no ``dims``), or an array in C order.

    Attributes
    ----------
    kind : str
        One of :data:`NUMBERS`; of an array "".
    dtype : dtype or None
    dims : int
    """

    kind: str
    dtype: np.dtype[Any] | None = None
    dims: int = 0


class Signature(Struct, frozen=True):
    """What a kernel takes, and how many int64 it gives.

    Attributes
    ----------
    arguments : tuple of Argument
    results : int
        0 for ``void``.
    """

    arguments: tuple[Argument, ...]
    results: int

    @property
    def slots(self) -> int:
        """Slots of a call."""
        return sum(1 + a.dims for a in self.arguments) + self.results


def parse(text: str, records: Mapping[str, np.dtype[Any]]) -> Signature:
    """Read ``result(argument, ...)``.

    Parameters
    ----------
    text : str
        The result is ``void``, ``int64``, or a tuple of int64; an argument is a number's type, or an array's and its order:
        ``uint8[::1]``, ``int64[:, ::1]``.
    records : dict of str to dtype
        Names of structured types.
    """
    result, _, rest = text.rpartition("(")
    results = {"void": 0}.get(result, result.count("int64"))
    arguments = []
    for name, order in re.findall(r"(\w+)(\[[:, 1]*\])?", rest.rstrip(") \n")):
        if order:
            dtype = records.get(name) or np.dtype(np.bool_ if name == "boolean" else name)
            arguments.append(Argument("", dtype, order.count(",") + 1))
        elif name in NUMBERS:
            arguments.append(Argument(name))
        else:
            raise ValueError(f"{name} in the signature {text!r} is no number that a kernel takes")
    return Signature(tuple(arguments), results)


def _nothing() -> None:
    """No array is known."""


class Image:
    """A kernel: calls machine code that is loaded, or compiled, when it is first called.

    Parameters
    ----------
    function : callable
        The kernel's source; runs as it is in plain Python.
    signature : Signature
    folder : callable
        Gives the folder of its room.
    counting : bool
        Whether it makes arrays.
    laid_in : bool
        Whether it is compiled as a part of its entry: LLVM then knows how its arrays lie, which makes it a quarter faster.
    lasting : bool
        Whether it is called by the thousand with the same arrays, none of which is ever resized in place: where they lie is then asked of
        numpy once, which takes a microsecond.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        signature: Signature,
        folder: Callable[[], Path],
        counting: bool = False,
        laid_in: bool = True,
        lasting: bool = False,
    ) -> None:
        self.py_func = self.__wrapped__ = function
        self.signature, self.counting, self.laid_in, self.lasting = signature, counting, laid_in, lasting
        self.__name__, self.__doc__, self.__module__ = function.__name__, function.__doc__, function.__module__
        self._folder = folder
        self._row = ctypes.c_int64 * (signature.slots + 2)  # behind the slots: where a result and an error would go
        self._told = 8 * signature.slots
        self._entry: Any = None
        self._lock = threading.Lock()
        self._places = tuple(enumerate(signature.arguments))
        # Arrays that were passed last, and where they lie.
        self._known: list[tuple[Callable[[], Any], tuple[int, ...]]] = [(_nothing, ())] * len(self._places)

    @property
    def path(self) -> Path:
        """Where its image is kept."""
        return self._folder() / f"{self.py_func.__module__.rpartition('.')[2]}.{self.py_func.__name__}.image"

    def load(self) -> None:
        """Be ready to be called: load the image, or compile it."""
        with self._lock:
            if self._entry is None:
                found = read(self.path)
                if found is None:
                    from pcapscan.kernels import build  # numba

                    entry, code = build.image(self)
                    found = entry, flat.laid_out(entry, code) or code
                    write(self.path, *found)
                self._entry = link(*found)

    def __call__(self, *args: Any) -> Any:
        """Run it.

        Raises
        ------
        TypeError
            An argument is not what the signature says: the machine code would read it as something else.
        """
        if self._entry is None:
            self.load()
        signature = self.signature
        if len(args) != len(signature.arguments):
            raise TypeError(f"{self.__name__} takes {len(signature.arguments)} arguments, not {len(args)}")
        slots: list[int] = []
        for k, wanted in self._places:
            value = args[k]
            if not wanted.dims:
                slots.append(int(value) if wanted.kind != "float64" else struct.unpack("<q", struct.pack("<d", value))[0])
                continue
            known, words = self._known[k]
            if value is None or known() is not value:
                words = self._place(value, wanted)
                if self.lasting:
                    self._known[k] = weakref.ref(value), words
            slots += words
        row = self._row(*slots)
        at = ctypes.addressof(row)
        told = at + self._told
        if self._entry(told, told + 8, at):
            raise MemoryError(f"{self.__name__} was refused memory")  # there is nothing else that a kernel can raise
        if signature.results == 1:
            return row[len(slots)]
        return tuple(row[len(slots) : len(slots) + signature.results]) if signature.results else None

    def _place(self, value: Any, wanted: Argument) -> tuple[int, ...]:
        """Where an array lies, and its lengths."""
        if (
            not isinstance(value, np.ndarray)
            or value.ndim != wanted.dims
            or not value.flags.c_contiguous
            or (value.dtype is not wanted.dtype and value.dtype != wanted.dtype)
        ):
            raise TypeError(f"{self.__name__} takes {wanted.dtype} of {wanted.dims} dimensions in C order, not {_told(value)}")
        return _address(value), *value.shape


_FIRST_BYTE: Any = ctypes.c_char.from_buffer


def _address(array: NDArray[Any]) -> int:
    """Where an array lies, in a quarter of the time that numpy takes to say it (but of records, whose form it would spell out first)."""
    try:
        return ctypes.addressof(_FIRST_BYTE(array)) if array.dtype.kind != "V" else int(array.ctypes.data)
    except (TypeError, ValueError):  # it may not be written to; it is empty
        return int(array.ctypes.data)


def _told(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    return f"{value.dtype} of {value.ndim}{'' if value.flags.c_contiguous else ', not in C order'}"


def read(path: Path) -> tuple[str, bytes] | None:
    """The name of the entry and the image; None where there is none, or it is not whole."""
    try:
        head, _, code = path.read_bytes().partition(b"\n")
        told = json.loads(head)
    except (OSError, ValueError):
        return None
    if not isinstance(told, dict) or told.get("sha256") != hashlib.sha256(code).hexdigest():
        return None
    return str(told["entry"]), code


def write(path: Path, entry: str, code: bytes) -> None:
    """Keep an image, whole or not at all; a cache that cannot be written to is none."""
    head = json.dumps({"entry": entry, "sha256": hashlib.sha256(code).hexdigest()}).encode()
    keep(path, head + b"\n" + code)


@cache
def _machine() -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(opt=0, jit=True, reloc="default", codemodel="jitdefault")


_ENGINES: list[Any] = []
"""One an object file, so that what two of them hold by the same name stays apart; they live as long as the process."""


def link(entry: str, code: bytes) -> Any:
    """Load an image; answer its entry."""
    if code.startswith(flat.MAGIC):
        return _ENTRY(flat.load(code))
    import llvmlite.binding as llvm

    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _ENGINES.append(engine)
    return _ENTRY(engine.get_function_address(entry))
