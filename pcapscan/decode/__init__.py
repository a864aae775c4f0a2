"""Records in, packets out: link layers, tags, IP, tunnels, fragments, transports."""

from .decoder import Decoder

__all__ = ["Decoder"]
