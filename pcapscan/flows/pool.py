"""Memory for heads and ticks: blocks of doubling size out of one array, chains of small chunks out of another.

Both arrays are address space until touched. Freed blocks are kept by size and used again; a larger one is split when a
smaller one is wanted and nothing else is left. A block is named by its index in units of 256 bytes.
"""

from __future__ import annotations

from typing import Any

from pcapscan.flows.records import GRADES, S_BUMP, S_CHUNK_FREE, S_CHUNKS, S_FREE0
from pcapscan.kernels import helper, i64
from pcapscan.kernels.prefetch import prefetch

UNIT = 256
MAP_GRADE = 1  # 512 bytes hold a bit for each of 4096
TIMES = 7  # ticks in a chunk; its first word is the next chunk


@helper
def _next_of(pool: Any, block: int) -> int:
    at = block * UNIT
    word = 0
    for k in range(4):
        word |= i64(pool[at + k]) << (8 * k)
    return int(word) - 1


@helper
def give(pool: Any, state: Any, block: int, grade: int) -> None:
    """Return a block to the free list of its size."""
    word = state[S_FREE0 + grade] + 1
    at = block * UNIT
    for k in range(4):
        pool[at + k] = (word >> (8 * k)) & 0xFF
    state[S_FREE0 + grade] = block


@helper
def grab(pool: Any, state: Any, grade: int) -> int:
    """Take a block of ``256 << grade`` bytes, or -1 when the pool is full."""
    block = state[S_FREE0 + grade]
    if block >= 0:
        following = _next_of(pool, block)
        state[S_FREE0 + grade] = following
        prefetch(pool, following * UNIT)  # which the next call reads
        return int(block)
    if (state[S_BUMP] + (1 << grade)) * UNIT <= len(pool):
        block = state[S_BUMP]
        state[S_BUMP] += 1 << grade
        return int(block)
    for larger in range(grade + 1, GRADES):
        block = state[S_FREE0 + larger]
        if block >= 0:
            state[S_FREE0 + larger] = _next_of(pool, block)
            for half in range(larger - 1, grade - 1, -1):
                give(pool, state, block + (1 << half), half)
            return int(block)
    return -1


@helper
def grab_chunk(chunks: Any, state: Any) -> int:
    """Take a chunk of ticks, or -1 when there is none left."""
    chunk = state[S_CHUNK_FREE]
    if chunk >= 0:
        state[S_CHUNK_FREE] = chunks[chunk, 0]
    elif state[S_CHUNKS] < len(chunks):
        chunk = state[S_CHUNKS]
        state[S_CHUNKS] += 1
    else:
        return -1
    chunks[chunk, 0] = -1
    return int(chunk)


@helper
def give_chunks(chunks: Any, state: Any, head: int) -> None:
    """Return a chain of chunks."""
    while head >= 0:
        following = chunks[head, 0]
        chunks[head, 0] = state[S_CHUNK_FREE]
        state[S_CHUNK_FREE] = head
        head = following
