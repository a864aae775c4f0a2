"""First bytes to protocols: what each side of a flow spoke, by content and never by port.

The door: :func:`identify` for one batch, :class:`Identifier` for many (its tables share their strings and facts, so that
``IdentityTable.concat`` joins them), :data:`PROTOCOLS`, :func:`pages` for the documentation; :func:`heads_of` and :func:`ask` for bytes at hand.
"""

from __future__ import annotations

from pcapscan.tables import Heads, IdentityTable

from .dispatch import PROTOCOLS
from .identifier import Identifier, Weighed
from .pages import ProtocolPage, pages
from .try_out import ask, heads_of

__all__ = ["PROTOCOLS", "Identifier", "ProtocolPage", "Weighed", "ask", "heads_of", "identify", "pages"]


def identify(heads: Heads) -> IdentityTable:
    """Name the protocol of every flow.

    Parameters
    ----------
    heads : Heads
        The first bytes of n flows.

    Returns
    -------
    IdentityTable
        n rows. Where ``swap`` is set, the sides fit better exchanged, and all its columns are in that order.
    """
    return Identifier().identify(heads)
