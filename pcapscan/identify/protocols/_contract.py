"""What a protocol file is: the contract between the engine and the files of this folder.

A file ``protocols/NAME.py`` holds, in this order:

1. A docstring, which is the protocol's page: what is on the wire and in which section of which RFC, what is looked at, what fools
   it, and (under a line ``Facts:``) the keys of ``facts`` with their meaning.
2. ``NAME = "redis"``: the canonical name. One file, one name.
3. ``TRANSPORTS = (TCP,)``: IP protocols it may be carried by, from :mod:`pcapscan.tables`.
4. ``FIRST = (b"*$+-:", b"+-:$*")``: every possible first byte of the originator's and of the responder's head, as a cheap filter;
   ``None`` where any byte may come first. A side whose first byte is not in its set is vetoed without asking ``look``.
   (``bytes(range(256))`` is ``None`` written longer.) Optionally ``PLACES = {UDP: ({0: b"58"}, {0: b"@", 4: b"01"})}``: by transport
   and side the bytes that alone may stand at some of the first :data:`PLACED` places. They are held against heads of at least
   :data:`PLACED_FROM` bytes, in flows of which neither side begins mid-stream or has a gap, and only say sooner what ``look`` says of each
   of these: 0 (a test holds them to that).
5. ``look``, decorated with :func:`pcapscan.kernels.helper`, asked about ONE side of a flow::

       @helper
       def look(b: Any, n: int, side: int, p: Any, pn: int, ctx: Any) -> int:

6. Optionally ``facts(head: bytes, side: int) -> dict[str, Any]`` (below), ``essence`` and ``server_name``.

**look.** Parameters:

b : uint8 array
    This side's head. UDP and SCTP: all kept datagrams of this side, one after the other.
n : int
    Its length, at least 1. UDP and SCTP: where the *first datagram* ends (later ones: ``ctx``).
side : int
    0 the originator, 1 the responder.
p, pn : uint8 array, int
    The other side's head likewise; ``pn`` is 0 where it is silent (then ``p`` must not be read).
ctx : int64[16]
    ``[0]`` IP protocol; ``[1]`` own HEAD_* flags, ``[2]`` the peer's; ``[3]`` 1 where the originator is known from the handshake;
    ``[4:8]`` own cuts, ``[8:12]`` the peer's (ends of the first four datagrams, ascending, -1 where there are fewer; TCP: ends of
    segments, a hint); ``[12]`` how many own bytes are kept in all (all datagrams), ``[13]`` the peer's. ``[14]`` 1 where the sides are being tried exchanged.

Answer:

0
    Not this. Vetoes the protocol for the flow if nothing better is found.
+bits
    Consistent with the whole structure as far as the head goes. ``bits`` is how many bits random data would have had to
    match by chance: a fixed byte is 8, a byte that may be 3 values of 256 is 6.4, a length field that agrees with where the
    datagram or the next record ends is its width, a byte under 64 is 2. Round down.
-bits
    Need more: a prefix of it, with so many bits seen so far. (A flow whose head is over is named from that too, if enough bits add up.)

Rules:

- Bytes are read ONLY through ``u8 be16 be24 be32 le16 le24 le32 lit lit_nocase`` of :mod:`pcapscan.kernels` (a test forbids ``b[``).
  They answer -1 or False past the end. ``lit(b, n, i, b"word")`` compares a literal. To search, use ``next_like next_either next_under``
  (or ``find`` of :mod:`._text`), which look at many bytes at once, not a loop over ``u8``.
- Every loop is bounded by ``n`` (each turn consumes bytes) or by a constant. No allocation, no slices, no strings, no exceptions.
- Lengths are lies. A claimed length beyond the head is fine (the head is bounded); one that is impossible is 0.
- Say 0 as early as possible: rejecting is what nearly every call does.
- Null models. Besides uniform bytes: lines of text in any language, base64, digits, all zeros or one repeated byte, little-endian
  lengths before anything, compressed data. So a zero byte in a field that is merely "usually zero" is worth 2 bits, not 8, and
  letters of a text protocol count only as a word of its vocabulary: ``"EHLO "`` at a line's start is worth its letters' surprise
  among *text lines* (about 3 bits a letter), not 8 bits a byte; a word of everyday language (``OPEN``, ``GET ``, ``LIST``) less.
- Monotone in the input: ``look`` of a prefix may be 0 only where every continuation is 0 as well; where a prefix is too short
  to tell, it is ``-bits``, never 0. (``-1`` if nothing was seen yet: 0 is "not this".) In UDP a datagram is whole
  unless ``ctx[1]`` says HEAD_SNAPPED or HEAD_CAPPED, so there "too short" may be 0.
- Mid-stream (``ctx[1] & HEAD_MIDSTREAM``): the head may begin anywhere; most protocols answer as always; a few (records of TLS, SMB,
  SSH binary packets never) can recognise themselves at a record's boundary.
- Ports do not exist.

The engine asks both sides of a flow, adds the absolute values, and names the protocol with the most bits of those that no speaking
side vetoed, if that reaches :data:`THRESHOLD`. A side that alone reaches the threshold keeps its own name
(``orig_protocol``, ``resp_protocol``) even if the other side speaks something else. Text that two protocols share (``220 ready``,
``QUIT``) must therefore not reach the threshold alone: give it the bits it has, and let the other side decide.

**facts.** ``facts(head, side)`` gets the whole head of a side of a flow that was *named* this protocol, and answers a flat dict of
JSON-able values (str, int, float, bool, list of str); {} where there is nothing to say. dpkt may be used (the engine calls it through ``guard``,
so it may also raise). It is called once per distinct value of ``essence``, not per flow.

**essence.** ``essence(b, n, side) -> int``, a helper: a 64-bit hash (:func:`pcapscan.identify.hashing.mix` and friends) over exactly
the bytes that ``facts`` reads, so that flows which differ in nonces only share a dict; 0: no facts for this side. Without ``essence``
the whole head is hashed.

**server_name.** ``server_name(b, n, side) -> int``, a helper: ``offset << 16 | length`` of the name of the server that was asked
for, within the head; 0 where there is none. For protocols whose head carries one (SNI, Host).

To see a file at work without the engine: ``NUMBA_DISABLE_JIT=1`` and :func:`pcapscan.identify.ask` on bytes.
"""

from __future__ import annotations

from typing import Final

THRESHOLD: Final = 32
"""Bits of evidence from both sides together that name a flow. With about a hundred protocols asked, uniform random bytes are named once
in 2**(32 - 7) flows; what other nulls do is measured by tests/identify/test_nothing_out_of_nothing.py."""

PLACED: Final = 8
"""Places of a head that ``PLACES`` may speak of. Arbitrary: most formats say within eight bytes what they are."""

PLACED_FROM: Final = 16
"""Bytes of a head from which on ``PLACES`` is held against it. Arbitrary, but so many that no file calls such a head too short to tell."""

Places = dict[int, tuple[dict[int, bytes], dict[int, bytes]]]

SWAP_MARGIN: Final = 6
"""Bits by which the sides exchanged must fit better than as they lie, where the originator is only guessed."""
