"""Packets into flows: both directions in one row, who began, how it ended, and the first bytes of each side.

The door: :class:`Assembler` and its :class:`FlowOptions`; :func:`community_ids` and :func:`addresses` for the rows that are
shown.
"""

from .address import addresses
from .assembler import Assembler
from .community import community_ids
from .options import FlowOptions

__all__ = ["Assembler", "FlowOptions", "addresses", "community_ids"]
