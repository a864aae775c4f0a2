"""Compile a kernel: with :mod:`.parts`, the one place that imports numba.

numba by itself would compile a helper anew for every constant argument and every width of integer (some hundred versions of ``u8``), and
each version with two wrappers for Python and machine code of its own, which nobody calls: three quarters of the time. Here a
helper is compiled once for all integers, and as no more than code to be linked into the kernel; and a kernel as no more than
code to be linked into an entry, which alone becomes machine code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numba.core.cgutils
import numba.core.compiler_lock
import numba.core.runtime.nrtdynmod
import numba.core.sigutils
import numba.extending
import numba.np.arrayobj
import numpy as np
from llvmlite import ir

from pcapscan.kernels.image import Argument, Image
from pcapscan.kernels.parts import CalledCompiler, PartCompiler, WholeCompiler
from pcapscan.kernels.registry import HELPERS, PREPARATIONS, Helper

# numba's own annotations cover what it exports, not what is reached for here.
_numba: Any = numba
_types: Any = numba.types

OUTSIDE = frozenset(
    ("memset", "memcpy", "memmove", "malloc", "free", "log", "log2", "log10", "log1p", "exp", "exp2", "expm1", "pow", "sin", "cos", "atan2", "floor",
     "ceil", "round", "rint", "fmod", "sqrt", "trunc", "hypot", "cosf", "sinf", "logf", "log2f", "expf", "powf", "floorf", "ceilf", "rintf")
)  # fmt: skip
"""What an image may call: C's library, which every process has. An image that needed more could not be linked without numba."""

NEVER_NEGATIVE = tuple(
    f"_ZN8pcapscan{''.join(f'{len(part)}{part}' for part in place)}" for place in (("decode",), ("flows",), ("read", "pcap"))
)
"""Beginnings of the names of functions that index no array from its end: those that run for every packet."""

_LINKED: list[_Linked] = []
"""Of all helpers; numba's types refer to them weakly."""

_DONE = [0, 0]
"""Helpers and preparations that numba was told of."""


def image(kernel: Image) -> tuple[str, bytes]:
    """Compile a kernel; answer the name of its entry and the object file.

    Raises
    ------
    RuntimeError
        It needs what no image can have.
    """
    _tell()
    inner = _Linked(kernel.py_func, counting=kernel.counting, inline=kernel.laid_in)
    entry = _Linked(_entry(kernel, inner.dispatcher), counting=kernel.counting, compiler=WholeCompiler)
    with _numba.core.compiler_lock.global_compiler_lock:
        made = entry.compiled((_types.int64,), _types.none)
        library, name = made.library, made.fndesc.mangled_name
        if kernel.counting:
            library.add_ir_module(_memory())
        library.finalize()
        module = library._final_module
        missing = {f.name for f in module.functions if f.is_declaration and not f.name.startswith("llvm.")} - OUTSIDE
        if missing:
            raise RuntimeError(f"the kernel {kernel.__name__} calls {', '.join(sorted(missing))}, which no image may")
        return name, library.codegen._tm.emit_object(module)


def dispatcher(function: Callable[..., Any]) -> Any:
    """A helper as numba compiles it for Python: for tests, which hold it to its source."""
    _tell()
    return numba.njit(pipeline_class=CalledCompiler)(function)


def _tell() -> None:
    """Tell numba of all helpers that were defined since."""
    while _DONE[1] < len(PREPARATIONS):
        _DONE[1] += 1
        PREPARATIONS[_DONE[1] - 1]()
    while _DONE[0] < len(HELPERS):
        _DONE[0] += 1
        known: Helper = HELPERS[_DONE[0] - 1]
        function: Any = known.function
        linked = _Linked(function, counting=known.counting, inline=known.inline)
        _LINKED.append(linked)
        function._numba_type_ = linked.dispatcher._numba_type_


class _Linked:
    """How a function is compiled that is linked into others."""

    def __init__(self, function: Any, *, counting: bool, inline: bool = False, compiler: Any = PartCompiler) -> None:
        options: dict[str, Any] = {"forceinline": True} if inline else {}
        self.dispatcher: Any = _numba.njit(
            nogil=True,
            no_cpython_wrapper=True,
            no_cfunc_wrapper=True,
            _nrt=counting,
            error_model="numpy",
            pipeline_class=compiler,
            **options,
        )(function)
        self._choose = self.dispatcher.get_call_template
        self._compiler = self.dispatcher._compiler
        self._compiler._customize_flags = _link_only
        self.dispatcher.get_call_template = self._call_template
        self.dispatcher.compile = self._compile

    def compiled(self, args: Any, returns: Any) -> Any:
        """Compile for these types, as code to be linked."""
        return self._compiler.compile(args, returns)

    def _call_template(self, args: Any, kws: Any) -> Any:
        return self._choose(tuple(_widen(a) for a in args), {key: _widen(a) for key, a in kws.items()})

    def _compile(self, signature: Any) -> Any:
        args, returns = _numba.core.sigutils.normalize_signature(signature)
        known = self.dispatcher.overloads.get(tuple(args))
        if known is not None:
            return known.entry_point
        with _numba.core.compiler_lock.global_compiler_lock, self.dispatcher._compiling_counter:
            # What stands for the code's address is only a key, by which the caller finds what to link.
            made = self.compiled(args, returns)._replace(entry_point=_Key())
        self.dispatcher.targetctx.insert_user_function(made.entry_point, made.fndesc, [made.library])
        self.dispatcher.overloads[tuple(made.signature.args)] = made
        return made.entry_point


class _Key:
    """An object that is equal to itself only."""


def _index(context: Any, builder: Any, kind: Any, index: Any, size: Any) -> Any:
    """An index as numba reads it; it would look at each whether it is negative, which is a tenth of the time of a kernel full of tables."""
    if kind.signed and builder.function.name.startswith(NEVER_NEGATIVE):
        return context.cast(builder, index, kind, _types.intp)
    return _with_negative(context, builder, kind, index, size)


_with_negative: Any = numba.np.arrayobj.fix_integer_index
numba.np.arrayobj.fix_integer_index = _index


def _link_only(flags: Any) -> Any:
    flags.no_compile = True
    return flags


def _widen(kind: Any) -> Any:
    kind = _types.unliteral(kind)
    if isinstance(kind, _types.Integer) and kind.signed and kind.bitwidth < 64:
        return _types.int64
    return kind


def _entry(kernel: Image, inner: Any) -> Callable[[int], None]:
    """The function that takes the address of the slots and calls the kernel; written out, since numba compiles no other kind of list."""
    names: dict[str, Any] = {"kernel": inner, "row": _array(np.dtype(np.int64), 1), "as_float": _as_float, "np": np}
    signature = kernel.signature
    given, at = [], 0
    for k, argument in enumerate(signature.arguments):
        if argument.dims:
            names[f"array_{k}"] = _array(argument.dtype, argument.dims)
            given.append(f"array_{k}({', '.join(f's[{at + d}]' for d in range(1 + argument.dims))})")
        else:
            given.append(_number(argument, f"s[{at}]"))
        at += 1 + argument.dims
    lines = ["def entry(at):", f"    s = row(at, {signature.slots})", f"    r = kernel({', '.join(given)})"]
    if signature.results == 1:
        lines.append(f"    s[{at}] = r")
    lines += [f"    s[{at + k}] = r[{k}]" for k in range(signature.results) if signature.results > 1]
    exec("\n".join(lines), names)  # noqa: S102 - our own text, of nothing but numbers
    made: Callable[[int], None] = names["entry"]
    made.__qualname__ = made.__name__ = f"entry_{kernel.__name__}"
    return made


def _number(argument: Argument, slot: str) -> str:
    return {"int64": slot, "float64": f"as_float({slot})", "boolean": f"({slot} != 0)"}.get(argument.kind, f"np.{argument.kind}({slot})")


@numba.extending.intrinsic  # type: ignore[misc,unused-ignore]
def _as_float(typing: Any, bits: Any) -> Any:
    """A float64 out of its bits."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return _types.float64(_types.int64), build


def _array(dtype: Any, dims: int) -> Any:
    """What makes an array out of an address and its lengths."""
    kind = _types.Array(numba.from_dtype(dtype), dims, "C")

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        tools: Any = numba.core.cgutils
        made = context.make_array(kind)(context, builder)
        size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        step = context.get_constant(_types.intp, size)
        lengths: list[Any] = list(arguments[1:])
        strides: list[Any] = []
        for length in reversed(lengths):
            strides.insert(0, step)
            step = builder.mul(step, length)
        fill: Any = numba.np.arrayobj.populate_array
        fill(
            made, data=builder.inttoptr(arguments[0], made.data.type), shape=tools.pack_array(builder, lengths),
            strides=tools.pack_array(builder, strides), itemsize=context.get_constant(_types.intp, size), meminfo=None,
        )  # fmt: skip
        return made._getvalue()

    integers = (_types.int64,) * (1 + dims)
    makers: dict[int, Callable[..., Any]] = {
        1: lambda typing, at, a: (kind(*integers), build),
        2: lambda typing, at, a, b: (kind(*integers), build),
        3: lambda typing, at, a, b, c: (kind(*integers), build),
        4: lambda typing, at, a, b, c, d: (kind(*integers), build),
    }
    return numba.extending.intrinsic(makers[dims])


def _memory() -> Any:
    """How an image that makes arrays gets and gives back memory: numba's two functions for it, on C's ``malloc``.

    An array's block begins with what numba's own (nrtdynmod) does: references, destructor, its argument, the address of the data, size.
    """
    runtime: Any = numba.core.runtime.nrtdynmod
    block, word, place = runtime._meminfo_struct_type, runtime._word_type, runtime._pointer_type
    module = ir.Module("memory")
    malloc = ir.Function(module, ir.FunctionType(place, [word]), "malloc")
    free = ir.Function(module, ir.FunctionType(ir.VoidType(), [place]), "free")

    take = ir.Function(module, ir.FunctionType(place, [word, ir.IntType(32)]), "NRT_MemInfo_alloc_aligned")
    builder = ir.IRBuilder(take.append_basic_block())
    size, align = take.args
    wide = builder.zext(align, word)
    head = ir.Constant(word, 64)  # more than the head's five words, which leaves room for a sixth
    made = builder.call(malloc, [builder.add(builder.add(size, wide), head)])
    nothing = builder.icmp_unsigned("==", made, ir.Constant(place, None))
    with builder.if_then(nothing, likely=False):
        builder.ret(ir.Constant(place, None))
    begin = builder.add(builder.ptrtoint(made, word), head)
    past = builder.urem(begin, wide)
    begin = builder.add(begin, builder.select(builder.icmp_unsigned("==", past, ir.Constant(word, 0)), past, builder.sub(wide, past)))
    fields = builder.bitcast(made, block.as_pointer())
    zero = ir.Constant(ir.IntType(32), 0)
    for k, value in enumerate(
        (ir.Constant(word, 1), ir.Constant(place, None), ir.Constant(place, None), builder.inttoptr(begin, place), size)
    ):
        builder.store(value, builder.gep(fields, [zero, ir.Constant(ir.IntType(32), k)]))
    builder.ret(made)

    drop = ir.Function(module, ir.FunctionType(ir.VoidType(), [place]), "NRT_MemInfo_call_dtor")
    builder = ir.IRBuilder(drop.append_basic_block())
    builder.call(free, [drop.args[0]])
    builder.ret_void()
    return module
