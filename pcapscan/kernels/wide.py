"""Bytes by the eight, the sixteen and the sixty-four, for kernels that read text.

A kernel that looks at a byte at a time spends most of its time foreseeing wrongly where a value ends. These look at many bytes in
some instructions that every processor has a kind of. They do not ask where the array ends: a caller must.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pcapscan.kernels.registry import prepares


def _mask(found: Any) -> np.uint64:
    return np.uint64(sum(1 << place for place, yes in enumerate(found) if yes))


def eight(data: Any, at: Any) -> Any:
    """Eight bytes as an integer, the first the lowest."""
    return np.uint64(int.from_bytes(bytes(data[at : at + 8]), "little"))


def sixteen_digits(data: Any, at: Any) -> Any:
    """Which of sixteen bytes are decimal digits; the first is the lowest bit."""
    return _mask(48 <= b < 58 for b in data[at : at + 16])


def sixteen_like(data: Any, at: Any, byte: Any) -> Any:
    """Which of sixteen bytes are like this one."""
    return _mask(b == byte for b in data[at : at + 16])


def sixteen_under(data: Any, at: Any, byte: Any) -> Any:
    """Which of sixteen bytes are less than this one."""
    return _mask(b < byte for b in data[at : at + 16])


def many_like(data: Any, at: Any, byte: Any) -> Any:
    """Which of sixty-four bytes are like this one."""
    return _mask(b == byte for b in data[at : at + 64])


def lowest(mask: Any) -> Any:
    """Place of the lowest bit that is set; 64 where none is."""
    return np.uint64((int(mask) & -int(mask)).bit_length() - 1 if mask else 64)


def bits(mask: Any) -> Any:
    """How many bits are set."""
    return np.uint64(int(mask).bit_count())


@prepares
def _compiled() -> None:
    """Tell numba what to emit for each."""
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic, overload

    byte, word = ir.IntType(8), ir.IntType(64)
    some, many = ir.VectorType(byte, 16), ir.VectorType(byte, 64)

    def load(context: Any, builder: Any, kind: Any, arguments: Any, shape: Any) -> Any:
        """What lies at an index, however it is aligned."""
        tools: Any = cgutils  # untyped
        view = context.make_array(kind)(context, builder, arguments[0])
        place = tools.get_item_pointer(context, builder, kind, view, [arguments[1]], wraparound=False)
        return builder.load(builder.bitcast(place, shape.as_pointer()), align=1)

    def all_of(builder: Any, shape: Any, one: Any) -> Any:
        nothing, order = ir.Constant(shape, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), shape.count), None)
        return builder.shuffle_vector(builder.insert_element(nothing, one, ir.Constant(ir.IntType(32), 0)), nothing, order)

    def told(builder: Any, found: Any, shape: Any) -> Any:
        mask = builder.bitcast(found, ir.IntType(shape.count))
        return mask if shape.count == 64 else builder.zext(mask, word)

    emits: Any = intrinsic

    @emits
    def load_eight(typing: Any, data: Any, at: Any) -> Any:
        return types.uint64(data, types.intp), lambda context, builder, signature, arguments: load(
            context, builder, signature.args[0], arguments, word
        )

    @emits
    def digits(typing: Any, data: Any, at: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            there = load(context, builder, signature.args[0], arguments, some)
            above = builder.sub(there, all_of(builder, some, ir.Constant(byte, 48)))
            return told(builder, builder.icmp_unsigned("<", above, all_of(builder, some, ir.Constant(byte, 10))), some)

        return types.uint64(data, types.intp), build

    def like(shape: Any, how: str = "==") -> Any:
        @emits
        def emitted(typing: Any, data: Any, at: Any, wanted: Any) -> Any:
            def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                there = load(context, builder, signature.args[0], arguments, shape)
                return told(builder, builder.icmp_unsigned(how, there, all_of(builder, shape, arguments[2])), shape)

            return types.uint64(data, types.intp, types.uint8), build

        return emitted

    some_like, all_like, some_under = like(some), like(many), like(some, "<")

    @emits
    def first_bit(typing: Any, mask: Any) -> Any:
        return types.uint64(types.uint64), lambda context, builder, signature, arguments: builder.cttz(
            arguments[0], ir.Constant(ir.IntType(1), 0)
        )

    @emits
    def all_bits(typing: Any, mask: Any) -> Any:
        return types.uint64(types.uint64), lambda context, builder, signature, arguments: builder.ctpop(arguments[0])

    # laid into their callers: a call that passes an array would cost more than the work
    overload(eight, inline="always")(lambda data, at: lambda data, at: load_eight(data, at))
    overload(sixteen_digits, inline="always")(lambda data, at: lambda data, at: digits(data, at))
    overload(sixteen_like, inline="always")(lambda data, at, byte: lambda data, at, byte: some_like(data, at, byte))
    overload(sixteen_under, inline="always")(lambda data, at, byte: lambda data, at, byte: some_under(data, at, byte))
    overload(many_like, inline="always")(lambda data, at, byte: lambda data, at, byte: all_like(data, at, byte))
    overload(lowest, inline="always")(lambda mask: lambda mask: first_bit(mask))
    overload(bits, inline="always")(lambda mask: lambda mask: all_bits(mask))
