"""What an FTP control channel announced: a file is named by its word alone, whatever it looks like; two sides that speak are not."""

import numpy as np
import pytest
from msgspec.structs import replace

from pcapscan.identify import heads_of, identify
from pcapscan.tables import BASES, HEAD_ANNOUNCED, HEAD_ANNOUNCED_TLS, HEAD_GAP

TOLD, SECURED = HEAD_ANNOUNCED, HEAD_ANNOUNCED | HEAD_ANNOUNCED_TLS


def said(orig, resp, flags=(0, TOLD), sure=True):
    table = identify(heads_of([(orig, resp)], sure=sure, flags=flags))

    def name(code):
        return table.names[code] if code >= 0 else None

    return (
        name(table.protocol[0]), BASES[table.basis[0]], name(table.orig_protocol[0]), name(table.resp_protocol[0]), name(table.upgraded[0]),
        int(table.fake[0]), bool(table.swap[0]),
    )  # fmt: skip


FILE = ("ftp-data", "control", None, None, None, 0, False)
FILES = {
    "text": b"quarterly numbers\n" * 9,
    "random": bytes(range(7, 250)),
    "an SSH transcript": b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "an HTTP answer": b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 4\r\n\r\nabcd",
    "a listing that reads as a shell": b"uid=0(root) gid=0(root)\nroot:x:0:0:\n$ whoami\nroot\n",
    "a torn TLS hello": b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
    "nothing": b"",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_a_file_is_named_by_the_control_channel_and_nothing_is_claimed_of_it(content):
    assert said(b"", content) == FILE
    assert said(content, b"") == FILE
    table = identify(heads_of([(b"", content)], flags=(0, TOLD)))
    assert not table.shell[0] and table.server_name[0] == table.orig_facts[0] == table.resp_facts[0] == -1


def test_the_same_file_that_nobody_announced_has_no_such_name():
    assert said(b"", FILES["text"], (0, 0))[:2] == (None, "")


def test_the_originator_s_own_endpoint_is_not_what_is_called():
    assert said(b"", FILES["text"], (TOLD, 0))[:2] == (None, "")


def test_guessed_roles_give_way_to_the_endpoint_that_was_announced():
    assert said(FILES["text"], b"", (TOLD, 0), sure=False) == (*FILE[:-1], True)
    assert said(b"", FILES["text"], (TOLD, 0), sure=False) == (*FILE[:-1], True)


def test_two_sides_that_speak_are_no_file():
    """A channel on an announced port: SSH is SSH, an unknown protocol is unknown."""
    ssh = b"SSH-2.0-OpenSSH_9.2p1\r\n"
    assert said(ssh, ssh)[:2] == ("ssh", "both")
    assert said(b"whoami-request 1", b"answer: 17")[:2] == (None, "")
    assert said(ssh, ssh, (0, SECURED))[:2] == ("ssh", "both")


def test_a_side_whose_beginning_was_lost_spoke_all_the_same():
    heads = heads_of([(b"", FILES["text"])], flags=(0, TOLD))
    lost = replace(heads, flags=np.array([[HEAD_GAP, TOLD]], np.uint8))
    assert identify(lost).protocol[0] == -1


def test_tls_is_the_data_connection_s_own_only_where_the_control_channel_had_asked_for_it(tls_pair):
    client, server = tls_pair("TLSv1_2")
    assert said(client, server, (0, SECURED)) == ("ftp-data", "control", "tls", "tls", "tls", 0, False)
    assert said(client, server)[:5] == ("tls", "both", "tls", "tls", None)
