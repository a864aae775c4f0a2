"""How numba is made to do no more than is needed: parts are translated, gathered once, and optimised together.

numba by itself optimises a function together with all that it calls and makes machine code of it, and does so again at its callers: a parser
that a kernel reaches over a tree of helpers was optimised six times, each time with all below it. Here a helper is left as it was
translated (:class:`_Part`); a kernel's entry gathers all that it reaches (:class:`_Whole`).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numba.core.codegen
import numba.core.compiler
import numba.core.typed_passes
import numba.core.types
import numba.core.types.functions
import numba.core.untyped_passes

# numba's annotations cover nothing of this.
_codegen: Any = numba.core.codegen
_compiler: Any = numba.core.compiler
_typed: Any = numba.core.typed_passes
_types: Any = numba.core.types
_functions: Any = numba.core.types.functions
_untyped: Any = numba.core.untyped_passes

SELDOM = 100_000
"""Objects made between two looks for cycles while compiling: numba makes millions, most of which stay, and Python looks after every 700."""

ROOM = 140_000
"""Slots of the interpreter's stack, a little over a mebibyte; see :func:`with_room`."""


def with_room(function: Callable[[], Any]) -> Any:
    """Call where the interpreter's stack has room for all calls below.

    Python takes its stack in chunks of 16 KiB and gives a chunk back when the call that needed it returns. Type inference calls some hundred
    deep and from there millions of times; where this happens at the end of a chunk, every call asks the operating system for memory, which
    was a quarter of all time. A frame that claims a little over a mebibyte is given two, the next power of two.
    """
    return function()


with_room.__code__ = with_room.__code__.replace(co_stacksize=ROOM)


@contextmanager
def _remembered() -> Iterator[None]:
    """Within, what operator comes of numbers is worked out once: numba tries a dozen candidates at each of ten thousand additions."""
    ask = _functions.BaseFunction.get_call_type
    numbers = (_types.Number, _types.Boolean)
    known: dict[Any, Any] = {}

    def remembering(self: Any, context: Any, args: Any, kws: Any) -> Any:
        if kws or not all(isinstance(a, numbers) for a in args):
            return ask(self, context, args, kws)
        if (self, args) not in known:
            known[self, args] = ask(self, context, args, kws)
        return known[self, args]

    _functions.BaseFunction.get_call_type = remembering
    try:
        yield
    finally:
        _functions.BaseFunction.get_call_type = ask


class _Part(_codegen.JITCodeLibrary):  # type: ignore[misc,unused-ignore]  # untyped
    """A helper's code, as it was translated: for gathering, not for running."""

    def finalize(self) -> None:
        self._finalized = True

    def add_llvm_module(self, module: Any) -> None:
        self._final_module.link_in(module)


class _Whole(_Part):
    """A kernel's code, with all parts that it reaches, optimised."""

    def finalize(self) -> None:
        own = {f.name for f in self._final_module.functions if not f.is_declaration}
        parts: dict[Any, None] = {}
        foreign: dict[Any, None] = {}
        waiting = list(self._linking_libraries)
        while waiting:
            library = waiting.pop()
            if not isinstance(library, _Part):
                foreign[library] = None  # numba's own: whole by itself
            elif library not in parts:
                parts[library] = None
                waiting += library._linking_libraries
        for library in parts:
            self._final_module.link_in(library._final_module, preserve=True)
        for library in foreign:  # last: of these, only what is asked for is taken
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        for function in self._final_module.functions:
            if not function.is_declaration and function.name not in own:
                function.linkage = "internal"  # nobody else can call it: what is called once is laid in, what is not called goes
        self._optimize_final_module()
        self._final_module.verify()
        self._finalized = True


class _Called(_Whole):
    """A whole that Python calls."""

    def finalize(self) -> None:
        super().finalize()
        self._finalize_final_module()


class PartCompiler(_compiler.Compiler):  # type: ignore[misc,unused-ignore]  # untyped
    """numba's compiler, which leaves a function as a part."""

    library: type[_Part] = _Part

    def define_pipelines(self) -> list[Any]:
        """Its passes; without references to count, only those that then have something to do."""
        pipelines: list[Any] = super().define_pipelines() if self.state.flags.nrt else [_lean()]
        return pipelines

    def compile_extra(self, func: Any) -> Any:
        """Compile a function."""
        self.state.library = self.library(self.state.targetctx.codegen(), func.__qualname__)
        return super().compile_extra(func)


class WholeCompiler(PartCompiler):
    """numba's compiler, for the function that has all it reaches compiled."""

    library = _Whole

    def compile_extra(self, func: Any) -> Any:
        """Compile a function, and what it calls."""
        before = gc.get_threshold()
        gc.set_threshold(SELDOM, *before[1:])
        try:
            with _remembered():
                return with_room(lambda: super(WholeCompiler, self).compile_extra(func))
        finally:
            gc.set_threshold(*before)


class CalledCompiler(WholeCompiler):
    """numba's compiler, for a helper that is to be called from Python."""

    library = _Called


def _lean() -> Any:
    """Without the passes for closures, with-blocks, whole arrays and what else only larger Python needs; they would find nothing."""
    manager = _compiler.PassManager("lean")
    for one in (
        _untyped.TranslateByteCode,
        _untyped.FixupArgs,
        _untyped.IRProcessing,
        _untyped.DeadBranchPrune,
        _untyped.GenericRewrites,
        _untyped.ReconstructSSA,
        _typed.NopythonTypeInference,
        _typed.PreLowerStripPhis,
        _typed.InlineOverloads,
        _typed.IRLegalization,
        _typed.AnnotateTypes,
        _typed.NativeLowering,
        _typed.NoPythonBackend,
    ):
        manager.add_pass(one, one.__name__)
    manager.finalize()
    return manager
