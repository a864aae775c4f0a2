"""Conversations written from the specifications, the liar beside each, and TLS spoken by Python's own ssl over memory.

``EXAMPLES`` holds (protocol, IP protocol, originator, responder, liar); a list of bytes is datagrams. The liar replaces the originator's bytes while
the responder is silent.
"""

import ssl
from struct import pack

T, U = 6, 17

KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8DTj/XKIqMIh/jub
TcWOfBWIm5nsTs6yxyXY4JY6gBShRANCAAQsUScRbrODqmvw6JdSMFllUR9Wzc3L
wBjCqimJqWlRkI0UBFy2gJqesWN8ktwEm+pp8HRAgABqb+hx+lKAh+B/
-----END PRIVATE KEY-----
"""
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBlzCCAT2gAwIBAgICEAAwCgYIKoZIzj0EAwIwKTETMBEGA1UEAwwKYzIuZXhh
bXBsZTESMBAGA1UECgwJVGVzdCBPbmx5MCAXDTI2MTEyNDA4MDgyM1oYDzIxMjYx
MDMxMDgwODIzWjApMRMwEQYDVQQDDApjMi5leGFtcGxlMRIwEAYDVQQKDAlUZXN0
IE9ubHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQsUScRbrODqmvw6JdSMFll
UR9Wzc3LwBjCqimJqWlRkI0UBFy2gJqesWN8ktwEm+pp8HRAgABqb+hx+lKAh+B/
o1MwUTAdBgNVHQ4EFgQUzDiwpxgxLXqo3CAhHUqbOTG3hg0wHwYDVR0jBBgwFoAU
zDiwpxgxLXqo3CAhHUqbOTG3hg0wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD
AgNIADBFAiEA8iS7gIWJUbJeG+s11xy+wL+9btOJ244Da+nBKq+8yfkCIF3zMbie
OXzCPe2yvQ2eWny0Jxl3subLtxNsiDYJR0T9
-----END CERTIFICATE-----
"""


def handshake(folder, version, name="www.example.com", alpn=("h2", "http/1.1"), data=b"GET / HTTP/1.1\r\n\r\n"):
    """What both sides of a real TLS connection send: (client, server)."""
    pem = folder / "pair.pem"
    pem.write_text(KEY + CERTIFICATE)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(pem)
    server_context.set_alpn_protocols(list(alpn))
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname = False
    client_context.verify_mode = ssl.CERT_NONE
    client_context.set_alpn_protocols(list(alpn))
    client_context.minimum_version = client_context.maximum_version = version
    sent = [b"", b""]
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    from_client, from_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(from_server, to_server, server_hostname=name)
    server = server_context.wrap_bio(from_client, to_client, server_side=True)
    done = [False, False]
    for _ in range(6):
        for k, (side, out, into) in enumerate(((client, to_server, from_client), (server, to_client, from_server))):
            if not done[k]:
                try:
                    side.do_handshake()
                    done[k] = True
                except ssl.SSLWantReadError:
                    pass
            elif k == 0 and data:
                side.write(data)
                data = b""
            moved = out.read()
            sent[k] += moved
            into.write(moved)
    return sent[0], sent[1]


def labels(name):
    return b"".join(bytes([len(part)]) + part for part in name.encode().split(b".")) + b"\0"


def query(name, ident=0x1234, flags=0x0100, kind=1):
    return pack(">6H", ident, flags, 1, 0, 0, 0) + labels(name) + pack(">HH", kind, 1)


def reply(name, ident=0x1234, flags=0x8180):
    return (
        pack(">6H", ident, flags, 1, 1, 0, 0)
        + labels(name)
        + pack(">HH", 1, 1)
        + b"\xc0\x0c"
        + pack(">HHIH", 1, 1, 60, 4)
        + b"\x01\x02\x03\x04"
    )


def framed(message):
    return pack(">H", len(message)) + message


def lines(*said):
    return "".join(line + "\r\n" for line in said).encode()


NETBIOS = b"\x20" + b"FHFAEBEECACACACACACACACACACACAAA" + b"\0"
SMB1 = b"\0\0\0\x2f\xffSMB\x72" + bytes(23) + b"\0\x0c\0\x02NT LM 0.12\0"
SMB2 = b"\0\0\0\x44\xfeSMB\x40\0" + bytes(62)
BIND = b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"
BOUND = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
AS_REQ_BODY = b"\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x02\x30\x00"
AS_REQ = b"\x6a" + bytes([len(AS_REQ_BODY) + 2]) + b"\x30" + bytes([len(AS_REQ_BODY)]) + AS_REQ_BODY
ERROR_BODY = b"\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\xa6\x03\x02\x01\x19"
KRB_ERROR = b"\x7e" + bytes([len(ERROR_BODY) + 2]) + b"\x30" + bytes([len(ERROR_BODY)]) + ERROR_BODY
X224_ASK = b"\x03\x00\x00\x2b\x26\xe0\x00\x00\x00\x00\x00Cookie: mstshash=admin\r\n\x01\x00\x08\x00\x03\x00\x00\x00"
X224_SAY = b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x01\x08\x00\x02\x00\x00\x00"
CID, OTHER = bytes(range(8)), bytes(range(8, 16))
QUIC_ASK = b"\xc3\0\0\0\1\x08" + CID + b"\0\0\x44\x9e" + bytes(range(256)) * 4 + bytes(158)
QUIC_SAY = b"\xc1\0\0\0\1\0\x08" + OTHER + b"\0\x40\x75" + bytes(range(117))
DTLS_BODY = b"\xfe\xfd" + bytes(range(32)) + b"\0\0\0\4\xc0\x2b\xc0\x2f\1\0\0\4\0\x17\0\0"
DTLS = (
    b"\x16\xfe\xff\0\0\0\0\0\0\0\0"
    + pack(">H", 12 + len(DTLS_BODY))
    + b"\1"
    + pack(">I", len(DTLS_BODY))[1:]
    + b"\0\0\0\0\0"
    + pack(">I", len(DTLS_BODY))[1:]
    + DTLS_BODY
)

EXAMPLES = [
    ("http", T, b"GET /index.html HTTP/1.1\r\nHost: a.example\r\n\r\n", b"HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\nhi", b"GET out of here, he said\r\n"),
    ("http", T, b"CONNECT mail.example:443 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 Connection established\r\n\r\n", b"CONNECT the dots: first one\r\n"),
    ("http", T, b"GET /old\r\n", b"<HTML><body>1991</body></HTML>", b"GET well soon\r\n"),
    (
        "websocket", T,
        b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pP\r\n\r\n",
        b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n",
    ),
    ("http2", T, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x64", b"\0\0\6\4\0\0\0\0\0\0\3\0\0\0\x80\0\0\0\4\1\0\0\0\0", b"PRI * HTTP/2.0\r\n\r\nSM nothing"),
    ("ssh", T, b"SSH-2.0-OpenSSH_9.6\r\n", b"SSH-2.0-dropbear_2022.83\r\n", b"SSH-server is what I would like\r\n"),
    ("ssh", T, b"SSH-2.0-OpenSSH_9.6\r\n", b"Authorised use only.\r\nGo away.\r\nSSH-2.0-OpenSSH_8.4\r\n", b"SSH-x.0-OpenSSH\r\n"),
    ("dns", U, query("www.example.com"), reply("www.example.com"), query("www.example.com")[:-4] + b"\xff\xf0\x12\x34"),
    ("dns", T, framed(query("www.example.com")), framed(reply("www.example.com")), framed(query("www.example.com"))[:-1] + b"\x77"),
    ("mdns", U, query("_http._tcp.local", 0, 0, 12), b"", query("_http._tcp.local", 0, 0, 12)[:-2] + b"\x55\x55"),
    ("llmnr", U, query("fileserver", 7, 0), reply("fileserver", 7, 0x8000), query("fileserver", 7, 0)[:-1]),
    ("dtls", U, DTLS, b"", DTLS[:-3]),
    ("quic", U, QUIC_ASK, QUIC_SAY, b"\xc3\0\0\0\3" + QUIC_ASK[5:]),
    ("quic", U, b"\xc3\x1a\x2a\x3a\x4a\x08" + CID + b"\x08" + OTHER + bytes(1200), b"\x80\0\0\0\0\x08" + OTHER + b"\x08" + CID + b"\0\0\0\1\x6b\x33\x43\xcf", b"\xc3" + bytes(60)),
    ("rdp", T, X224_ASK, X224_SAY, X224_ASK[:5] + b"\xe1" + X224_ASK[6:]),
    ("smb", T, SMB1, b"\0\0\0\x44\xfeSMB\x40\0" + bytes(62), b"\0\0\0\x2f\xffSMD\x72" + bytes(43)),
    ("smb", T, SMB2, SMB2, SMB2[:8] + b"\x41" + SMB2[9:]),
    ("smb", T, b"\x81\0\0\x44" + NETBIOS + NETBIOS, b"\x82\0\0\0", b"\x81\0\0\x44" + NETBIOS.lower() + NETBIOS),
    ("smtp", T, lines("EHLO me.example", "MAIL FROM:<a@b>"), lines("220 mx.example ESMTP Postfix", "250-mx.example", "250-PIPELINING", "250 8BITMIME"), b"EHLOQUENT people\r\n"),
    ("lmtp", T, lines("LHLO me.example", "MAIL FROM:<a@b>"), lines("220 mx.example LMTP", "250-mx.example", "250 PIPELINING"), b"LHLOX\r\n"),
    ("ftp", T, lines("USER anonymous", "PASS x", "SYST"), lines("220 (vsFTPd 3.0.3)", "331 Please specify the password.", "230 Login successful."), b"USER manual, page one\r\n"),
    ("pop3", T, lines("CAPA", "USER bob", "PASS secret"), lines("+OK Dovecot ready.", "+OK", "CAPA", "TOP", "UIDL", "."), b"CAPABLE people\r\n"),
    ("imap", T, lines("a001 LOGIN bob secret", "a002 SELECT INBOX"), lines("* OK IMAP4rev1 server ready", "a001 OK done"), b"a001 LOGINS were lost\r\n"),
    ("nntp", T, lines("MODE READER", "GROUP misc.test"), lines("200 news.example InterNetNews NNRP server ready", "200 ok", "211 1 1 1 misc.test"), b"MODE of transport\r\n"),
    ("telnet", T, b"\xff\xfb\x18\xff\xfb\x1f\xff\xfd\x03", b"\xff\xfd\x18\xff\xfd\x1f\xff\xfb\x03\r\nlogin: ", b"\xff\xff\xff\xff\xff\xff"),
    ("irc", T, lines("NICK bot", "USER bot 0 * :a bot"), lines(":irc.example NOTICE * :*** Looking up your hostname", ":irc.example 001 bot :Welcome"), b"NICK of time, USER of things\r\n"),
    ("socks", T, b"\5\1\0" + b"\5\1\0\3\x0bexample.com\1\xbb", b"\5\0" + b"\5\0\0\1\0\0\0\0\0\0", b"\5\1\0" + b"\5\x09\0\3\x0bexample.com\1\xbb"),
    ("socks", T, b"\4\1\0\x50\0\0\0\1bob\0example.com\0", b"\0\x5a\0\0\0\0\0\0", b"\4\1\0\x50\0\0\0\1bo\x07\0example.com\0"),
    ("xmpp", T, b"<?xml version='1.0'?><stream:stream to='example.com' xmlns='jabber:client'>", b"<?xml version='1.0'?><stream:stream from='example.com'>", b"<?xml version='1.0'?><note>to you" + b" all" * 40),
    ("ldap", T, BIND, BOUND, BIND[:5] + b"\x59" + BIND[6:]),
    ("kerberos", U, AS_REQ, KRB_ERROR, AS_REQ[:8] + b"\x04" + AS_REQ[9:]),
    ("kerberos", T, pack(">I", len(AS_REQ)) + AS_REQ, pack(">I", len(KRB_ERROR)) + KRB_ERROR, pack(">I", len(AS_REQ)) + AS_REQ[:4] + b"\xff" * 14),
]  # fmt: skip
