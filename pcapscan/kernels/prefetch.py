"""Ask the processor for a cache line before it is needed.

The look-ups of a block's packets are independent of one another, but a flow record that is not in cache stops each of them
for as long as some two hundred instructions take. Told some dozen packets ahead, memory answers for many at once.
"""

from __future__ import annotations

from typing import Any

from pcapscan.kernels.registry import prepares


def prefetch(array: Any, index: int) -> None:
    """Bring ``array[index]`` near; plain Python has no such thing."""


@prepares
def _compiled() -> None:
    """Tell numba to emit LLVM's prefetch for the line where ``array[index]`` begins."""
    from llvmlite import ir
    from numba.core import cgutils, types
    from numba.extending import intrinsic, overload

    @intrinsic
    def touch(typing: Any, array: Any, index: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = signature.args[0]
            view = context.make_array(kind)(context, builder, arguments[0])
            tools: Any = cgutils  # untyped
            place = tools.get_item_pointer(context, builder, kind, view, [arguments[1]], wraparound=False)
            byte, word = ir.IntType(8), ir.IntType(32)
            hint = ir.FunctionType(ir.VoidType(), [byte.as_pointer(), word, word, word])
            function = tools.get_or_insert_function(builder.module, hint, "llvm.prefetch.p0i8")
            # read-write to come, keep in all caches, data
            builder.call(function, [builder.bitcast(place, byte.as_pointer()), word(0), word(3), word(1)])
            return context.get_dummy_value()

        return types.void(array, types.intp), build

    emit: Any = touch

    @overload(prefetch)
    def _prefetch(array: Any, index: Any) -> Any:
        def compiled(array: Any, index: Any) -> Any:
            emit(array, index)

        return compiled
