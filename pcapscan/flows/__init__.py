"""Packets into flows: both directions in one row, who began, how it ended, and the first bytes of each side.

The door: :class:`Assembler` and its :class:`FlowOptions`; :func:`community_ids` and :func:`addresses` for the rows that are
shown; :class:`Seen` tells which rows of logs packets told of already.
"""

from .address import addresses
from .assembler import Assembler
from .community import community_ids
from .options import FlowOptions
from .seen import Seen

__all__ = ["Assembler", "FlowOptions", "Seen", "addresses", "community_ids"]
