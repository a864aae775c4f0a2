"""FTP's data connections by the control channel's word: the kernel against its slow twin, and who must not be believed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcapscan.flows import FlowOptions
from pcapscan.tables import HEAD_ANNOUNCED, HEAD_ANNOUNCED_TLS

calm = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

CLIENT, SERVER, OTHER = (0, 0xFFFF_0A00_0005), (0, 0xFFFF_CB00_710A), (0, 0xFFFF_CB00_710B)
SIX = (0x2001_0DB8 << 32, 5), (0x2001_0DB8 << 32, 10)
PASV = b"227 Entering Passive Mode (203,0,113,10,117,69).\r\n"
PORT = 30_021


class Talk:
    """A control channel written line by line, and data connections beside it."""

    def __init__(self, bench, client=CLIENT, server=SERVER, port=2121):
        self.bench, self.ends = bench, ((*client, 41_000), (*server, port))
        self.seq, self.t, self.packets = [1001, 9001], 0.0, []

    def begin(self):
        a, b = self.ends
        self.packets += [
            self.bench.packet(a, b, flags="S", seq=1000), self.bench.packet(b, a, flags="SA", seq=9000, ack=1001),
        ]  # fmt: skip
        return self

    def say(self, line, by_server):
        src, dst = self.ends[by_server], self.ends[1 - by_server]
        self.t += 0.01
        self.packets.append(self.bench.packet(src, dst, line, flags="PA", seq=self.seq[by_server], t=self.t))
        self.seq[by_server] += len(line)
        return self

    def up(self, *lines):
        for line in lines:
            self.say(line, 0)
        return self

    def down(self, *lines):
        for line in lines:
            self.say(line, 1)
        return self

    def login(self):
        return (
            self.begin().down(b"220 ready\r\n").up(b"USER anonymous\r\n").down(b"331 password?\r\n").up(b"PASS x\r\n").down(b"230 in\r\n")
        )

    def data(self, src, dst, after=0.01, payload=b"quarterly numbers\n", handshake=True):
        """A data connection from ``src`` to ``dst``, in which the server's end speaks."""
        t = self.t + after
        if handshake:
            self.packets += [
                self.bench.packet(src, dst, flags="S", seq=70_000, t=t), self.bench.packet(dst, src, flags="SA", seq=80_000, ack=70_001, t=t),
            ]  # fmt: skip
        sender, receiver, seq = (dst, src, 80_001) if dst[:2] == self.ends[1][:2] else (src, dst, 70_001)
        self.packets.append(self.bench.packet(sender, receiver, payload, flags="PA", seq=seq, t=t))
        return self

    def flags(self, options=None):
        """Announced bits of (originator, responder) of every flow but the control channel, by responder's port."""
        fast = self.bench.run(self.packets, options)
        slow = self.bench.slow(self.packets, options)
        assert [{name: b[name] for name in a} for a, b in zip(fast, slow, strict=True)] == fast
        both = HEAD_ANNOUNCED | HEAD_ANNOUNCED_TLS
        ports = {self.ends[0][2], self.ends[1][2]}
        return [(f["orig_flags"] & both, f["resp_flags"] & both) for f in fast if {f["orig_p"], f["resp_p"]} != ports]


LINES = {
    1: [
        b"220 FTP server ready\r\n", b"220-hello\r\n220 ready\r\n", b"331 password\r\n", PASV, b"227 passive =10,0,0,2,195,81\r\n", b"227 (10,0,0,2,195,81",
        b"229 Extended (|||50001|)\r\n", b"229 x (!!!50001!)\n", b"200 ok\r\n" + PASV, b"227-(10,0,0,2,0,80)\r\n", b"227 (300,0,0,2,195,81)\r\n",
        b"229 (|1|10.0.0.2|50001|)\r\n", b"230 in\r\n", b"\n\n227 (0,0,0,0,195,81)\r\n", b"227\n(10,0,0,2,195,81)\r\n", b"22",
    ],
    0: [
        b"USER x\r\n", b"AUTH TLS\r\n", b"PASV\r\n", b"CWD /\r\n", b"PWD\r\n", b"PORT 10,0,0,1,195,80\r\n", b"port 10,0,0,2,195,81\r\n", b"EPRT |1|10.0.0.1|50000|\r\n",
        b"EPRT |2|1000::7|8|\r\n", b"TYPE I\r\nPORT 10,0,0,1,195,80\r\n", b"PORTS10,0,0,1,195,80\r\n", b"EHLO x\r\n", b"QUIT\r\n", b"EPRT .1.10.0.0.2.50001.\r\n",
        b"EPRT |1|10.0.0.999|50000|\r\n", b"CWDX\r\n", b"auth ssl\r\n", b"eprt |1|10.0.0.2|50001|", b"PORT 10,0,0,1,195,800000\r\n",
    ],
}  # fmt: skip
ENDS = [
    (0, 0xFFFF_0A00_0001, 50_000),
    (0, 0xFFFF_0A00_0002, 50_001),
    (0, 0xFFFF_0A00_0002, 80),
    (1 << 60, 7, 8),
    (0, 0xFFFF_CB00_710A, PORT),
]


@st.composite
def sessions(draw, bench):
    """Control channels and other flows between few endpoints, in an order that need not make sense."""
    control = draw(st.sampled_from([(0, 1), (0, 2), (0, 3)]))
    ends = {0: (*ENDS[control[0]][:2], 41_000), 1: (*ENDS[control[1]][:2], 21)}
    packets, seq, t = [], {0: 1000, 1: 9000}, 0
    if draw(st.booleans()):
        packets = [bench.packet(ends[0], ends[1], flags="S", seq=999), bench.packet(ends[1], ends[0], flags="SA", seq=8999, ack=1000)]
    usual = [(1, LINES[1][0]), (0, LINES[0][0])] if draw(st.booleans()) else []
    for turn in range(draw(st.integers(1, 25))):
        t += draw(st.sampled_from([0, 0.01, 1, 299, -2, 301]))
        if turn < len(usual) or draw(st.integers(0, 2)):
            side, line = usual[turn] if turn < len(usual) else draw(st.sampled_from([(s, x) for s in (0, 1) for x in LINES[s]]))
            back = draw(st.sampled_from([0, 0, 0, 0, len(line)]))
            packets.append(bench.packet(ends[side], ends[1 - side], line, flags="PA", seq=seq[side] - back, t=t))
            seq[side] += len(line) - back
        else:
            src, dst = draw(st.sampled_from(ENDS)), draw(st.sampled_from(ENDS))
            data = draw(st.sampled_from([b"", b"", b"file", PASV, b"USER x\r\n"]))
            packets.append(
                bench.packet(
                    src, dst, data, flags=draw(st.sampled_from(["S", "A", "PA", "SA", "FA", "R"])), seq=draw(st.integers(0, 40)), t=t
                )
            )
    return packets


OPTIONS = [FlowOptions(), FlowOptions(head_bytes=16, sweep=3), FlowOptions(max_live=16, sweep=5)]


@calm
@given(st.data(), st.sampled_from(OPTIONS), st.lists(st.integers(0, 30), max_size=3))
def test_kernel_and_slow_twin_agree_and_block_boundaries_change_nothing(bench, data, options, cuts):
    packets = data.draw(sessions(bench))
    fast = bench.run(packets, options, sorted(min(c, len(packets)) for c in cuts))
    slow = bench.slow(packets, options)
    assert [{name: b[name] for name in a} for a, b in zip(fast, slow, strict=True)] == fast


@pytest.mark.parametrize(
    "reply", [PASV, b"227 Entering Passive Mode 203,0,113,10,117,69\r\n", b"229 Entering Extended Passive Mode (|||30021|)\r\n"]
)
def test_passive_connection_is_announced_by_the_server(bench, reply):
    assert Talk(bench).login().up(b"PASV\r\n").down(reply).data((*CLIENT, 50_000), (*SERVER, PORT)).flags() == [(0, HEAD_ANNOUNCED)]


@pytest.mark.parametrize("command", [b"PORT 10,0,0,5,117,69\r\n", b"EPRT |1|10.0.0.5|30021|\r\n", b"port 10,0,0,5,117,69\r\n"])
def test_active_connection_is_announced_by_the_client(bench, command):
    assert Talk(bench).login().up(command).data((*SERVER, 20), (*CLIENT, PORT)).flags() == [(0, HEAD_ANNOUNCED)]


def test_ipv6_has_its_own_words(bench):
    (client, server) = SIX
    passive = Talk(bench, client, server).login().up(b"EPSV\r\n").down(b"229 Extended (|||30021|)\r\n")
    assert passive.data((*client, 50_000), (*server, PORT)).flags() == [(0, HEAD_ANNOUNCED)]
    active = Talk(bench, client, server).login().up(b"EPRT |2|2001:db8::5|30021|\r\n")
    assert active.data((*server, 20), (*client, PORT)).flags() == [(0, HEAD_ANNOUNCED)]


def test_a_server_behind_nat_announces_an_address_that_nobody_calls(bench):
    talk = Talk(bench).login().up(b"PASV\r\n").down(b"227 Entering Passive Mode (192,168,1,9,117,69)\r\n")
    assert talk.data((*CLIENT, 50_000), (*SERVER, PORT)).flags() == [(0, HEAD_ANNOUNCED)]


def test_another_address_that_was_announced_is_believed_for_the_same_client(bench):
    talk = Talk(bench).login().up(b"PASV\r\n").down(b"227 (203,0,113,11,117,69)\r\n")
    assert talk.data((*CLIENT, 50_000), (*OTHER, PORT)).flags() == [(0, HEAD_ANNOUNCED)]


def test_a_late_announcement_in_a_long_session_counts(bench):
    talk = Talk(bench).login()
    for k in range(400):
        talk.up(b"CWD /a/rather/long/path/number/%d\r\n" % k).down(b"250 ok\r\n")
    assert talk.up(b"PASV\r\n").down(PASV).data((*CLIENT, 50_000), (*SERVER, PORT)).flags(FlowOptions(head_bytes=64)) == [
        (0, HEAD_ANNOUNCED)
    ]


def test_announcement_behind_another_reply_in_one_segment(bench):
    talk = Talk(bench).login().up(b"TYPE I\r\nPASV\r\n").down(b"200 ok\r\n" + PASV)
    assert talk.data((*CLIENT, 50_000), (*SERVER, PORT)).flags() == [(0, HEAD_ANNOUNCED)]


def test_syn_that_was_captured_before_the_announcement(bench):
    """Two taps: the data connection's SYN lies before the reply in the file, its first byte behind."""
    talk = Talk(bench).login().up(b"PASV\r\n")
    talk.packets.append(bench.packet((*CLIENT, 50_000), (*SERVER, PORT), flags="S", seq=70_000, t=talk.t))
    assert talk.down(PASV).data((*CLIENT, 50_000), (*SERVER, PORT), handshake=False).flags() == [(0, HEAD_ANNOUNCED)]


def test_control_channel_joined_late_needs_a_command_and_a_reply(bench):
    talk = Talk(bench).down(b"250 ok\r\n").up(b"PASV\r\n").down(PASV)
    assert talk.data((*CLIENT, 50_000), (*SERVER, PORT)).flags() == [(0, HEAD_ANNOUNCED)]
    assert Talk(bench).down(PASV).data((*CLIENT, 50_000), (*SERVER, PORT)).flags() == [(0, 0)]


def test_client_that_asked_for_tls(bench):
    """RFC 4217: after CCC the control channel is in the clear again, its data connections need not be."""
    talk = Talk(bench).begin().down(b"220 ready\r\n").up(b"AUTH TLS\r\n").down(b"234 go\r\n").up(b"\x16\x03\x01").up(b"PASV\r\n").down(PASV)
    assert talk.data((*CLIENT, 50_000), (*SERVER, PORT)).flags() == [(0, HEAD_ANNOUNCED | HEAD_ANNOUNCED_TLS)]


def test_who_is_no_ftp_server_announces_nothing(bench):
    flows = [
        Talk(bench).begin().down(b"220 mail ESMTP\r\n").up(b"EHLO x\r\n").down(PASV),
        Talk(bench).begin().up(b"GET / HTTP/1.1\r\n\r\n").down(b"HTTP/1.1 200 OK\r\n\r\n", PASV),
        Talk(bench).begin().up(b"USER x\r\n").down(b"+OK\r\n", PASV),
        Talk(bench).begin().down(PASV),
    ]
    for talk in flows:
        assert talk.data((*CLIENT, 50_000), (*SERVER, PORT)).flags() == [(0, 0)]


def test_lines_of_the_wrong_side_announce_nothing(bench):
    by_client = Talk(bench).login().up(PASV)
    assert by_client.data((*SERVER, 20), (*CLIENT, PORT)).flags() == [(0, 0)]
    by_server = Talk(bench).login().down(b"PORT 203,0,113,10,117,69\r\n")
    assert by_server.data((*CLIENT, 50_000), (*SERVER, PORT)).flags() == [(0, 0)]


@pytest.mark.parametrize(
    ("src", "dst", "after"),
    [
        ((*CLIENT, 50_000), (*SERVER, PORT + 1), 0.01),
        ((*OTHER, 50_000), (*SERVER, PORT), 0.01),
        ((*CLIENT, 50_000), (*OTHER, PORT), 0.01),
        ((*CLIENT, 50_000), (*SERVER, PORT), 301),
    ],
    ids=["another port", "another client", "another server", "too late"],
)
def test_what_was_not_announced_is_not_marked(bench, src, dst, after):
    assert Talk(bench).login().up(b"PASV\r\n").down(PASV).data(src, dst, after).flags() == [(0, 0)]


def test_flood_of_announcements_is_bounded_and_the_newest_stay(bench):
    """A hostile server that announces all ports, four times over, makes no memory grow."""
    talk = Talk(bench).login()
    for port in range(1, 65_000, 7):
        talk.down(b"229 (|||%d|)\r\n" % port)
    talk.down(PASV).data((*CLIENT, 50_000), (*SERVER, PORT))
    fast = bench.run(talk.packets)
    assert [f["resp_flags"] & HEAD_ANNOUNCED for f in fast if f["resp_p"] == PORT] == [HEAD_ANNOUNCED]
