"""Conversations written by hand from the specifications, and for each a liar: nearly the same bytes that must not be named so.

``EXAMPLES`` holds (protocol, IP protocol, originator, responder, liar); a list of bytes is datagrams. The liar replaces the originator's bytes
(or the responder's, where the originator is silent) while the other side is silent.
"""

from struct import pack

T, U, S = 6, 17, 132


def h(text):
    return bytes.fromhex(text)


def tpkt(body):
    return b"\x03\0" + pack(">H", len(body) + 4) + body


def mysql(seq, body):
    return pack("<I", len(body))[:3] + bytes([seq]) + body


def rpc_call(program, xid=0x1234ABCD):
    return pack(">10I", xid, 0, 2, program, 3, 0, 0, 0, 0, 0)


def record(body):
    return pack(">I", 0x80000000 | len(body)) + body


def ike(init, resp, exchange, body):
    return init + resp + bytes([33, 0x20, exchange, 8]) + pack(">II", 0, 28 + len(body)) + body


NB = b"\x20" + b"FHFAEBEECACACACACACACACACACACAAA" + b"\0"
NTP_TIME = h("d94f51c33165b860")
NTP_ASK = b"\x23\x00\x06\xec" + bytes(36) + NTP_TIME
NTP_SAY = h("240106ec000000000000000c475053 73d9049e5d9ef27f7a") + NTP_TIME + h("d94f51c391b752c5 d94f51c391b9b411")
BIND = h(
    "05000b0310000000480000000100000 0d016d01600000000010000000000010008 83afe11f5dc91191a408002b14a0fa03000000045d888aeb1cc9119fe8 08002b10486002000000".replace(
        " ", ""
    )
)
MARK = b"\xff" * 16
RAK = h("00ffff00fefefefefdfdfdfd12345678")
IP4 = h("4500001c00010000400100007f0000017f000001") + b"\x08\0\0\0\0\1\0\1"

EXAMPLES = [
    ("dcerpc", T, BIND, b"", b"\x05\x00\x19" + BIND[3:]),
    (
        "rpc",
        T,
        record(rpc_call(100003)),
        record(pack(">6I", 0x1234ABCD, 1, 0, 0, 0, 0)),
        record(pack(">10I", 7, 0, 3, 100003, 3, 0, 0, 0, 0, 0)),
    ),
    ("rpc", U, rpc_call(100000), pack(">7I", 0x1234ABCD, 1, 0, 0, 0, 0, 2049), rpc_call(0x70000000)),
    ("nbns", U, h("b1e601100001000000000000") + NB + h("00200001"), b"", h("b1e601100001000000000000") + NB.lower() + h("00200001")),
    (
        "nbdgm",
        U,
        h("1102000cc0a8ef81008a00bb0000") + NB + NB + b"\xffSMB",
        b"",
        h("1102000cc0a8ef81008a00bb0000") + NB.lower() + NB + b"\xffSMB",
    ),
    (
        "dhcp",
        U,
        b"\x01\x01\x06\x00" + bytes(232) + h("638253633501013d0701") + bytes(30),
        b"",
        b"\x01\x01\x06\x00" + bytes(232) + h("638253643501013d0701") + bytes(30),
    ),
    (
        "dhcpv6",
        U,
        h("01dec4ce0008000200000001000e00010001273187e312a9866c77de00060004001700180003000c0e5254000000000000000000"),
        b"",
        h("01dec4ce0008000200000001000e0001000127"),
    ),
    ("ntp", U, NTP_ASK, NTP_SAY, NTP_ASK[:47]),
    ("ntp", U, h("1700032a") + bytes(4), b"", h("1700032a") + bytes(3)),
    (
        "snmp",
        U,
        h("302602010104067075626c6963a019020400112233020100020100300b300906052b060102010500"),
        b"",
        h("302702010104067075626c6963a019020400112233020100020100300b300906052b060102010500"),
    ),
    ("syslog", U, b"<34>Oct 11 22:14:15 mymachine su: 'su root' failed", b"", b"<934>Oct 11 22:14:15 mymachine su: 'su root' failed"),
    (
        "syslog",
        T,
        b"<165>1 2003-10-11T22:14:15.003Z host app 1 ID47 - text\n",
        b"",
        b"<165 1 2003-10-11T22:14:15.003Z host app 1 ID47 - text\n",
    ),
    (
        "radius",
        U,
        h("01100031") + bytes(range(16)) + h("0105626f62") + h("0406c0a80110") + h("050600000003") + h("060600000002") + h("3d0600000005"),
        b"",
        h("01100032") + bytes(range(16)) + h("0105626f620406c0a801100506000000030606000000023d0600000005"),
    ),
    (
        "tacacs",
        T,
        h("c0010100a1b2c3d400000010") + bytes(range(16)),
        h("c0010200a1b2c3d400000006") + bytes(range(6)),
        h("c0010200a1b2c3d400000010") + bytes(range(16)),
    ),
    (
        "diameter",
        T,
        h("0100002c80000101000000000001000200030004000001084000000c686f7374000001284000000c74657374"),
        b"",
        h("0200002c80000101000000000001000200030004000001084000000c686f7374"),
    ),
    ("tftp", U, b"\0\1boot.cfg\0octet\0", b"", b"\0\1boot.cfg\0octal\0"),
    (
        "tftp",
        U,
        [b"\0\3\0\1" + b"x" * 512, b"\0\3\0\2" + b"y" * 512],
        [b"\0\4\0\1", b"\0\4\0\2"],
        [b"\0\3\0\1" + b"x" * 512, b"\0\7\0\2" + b"y" * 512],
    ),
    ("rsh", T, b"1022\0lns\0root\0mkdir x\0", b"\0", b"1022 lns\0root\0mkdir x\0"),
    ("rlogin", T, b"\0lns\0root\0xterm/38400\0", b"\0", b"\0lns\0root\0xterm-38400\0"),
    (
        "mysql",
        T,
        b"",
        mysql(0, b"\x0a8.0.36\0" + h("0c000000") + b"1tugx_#V" + b"\0" + bytes(20)),
        mysql(1, b"\x0a8.0.36\0" + h("0c000000") + b"1tugx_#V" + b"\0"),
    ),
    (
        "mysql",
        T,
        mysql(1, h("85a6030000000001210000000000000000000000000000000000000000000000") + b"root\0\0"),
        b"",
        mysql(1, h("85a60300000000012100000000000000ff") + bytes(15) + b"root\0\0"),
    ),
    (
        "postgresql",
        T,
        pack(">II", 33, 0x30000) + b"user\0bob\0database\0sales\0\0",
        b"R\0\0\0\x0c\0\0\0\x05abcd",
        pack(">II", 33, 0x90000) + b"user\0bob\0database\0sales\0\0",
    ),
    ("postgresql", T, h("0000000804d2162f"), b"S", h("0000000904d2162f")),
    (
        "tds",
        T,
        h("1201002f0000010000001a00060100200001020021000103002200040400260001ff090000000000000000000000000000"),
        b"",
        h("1201002f0000010000001a00060100200001020021000103002200040400260001fe"),
    ),
    (
        "oracle-tns",
        T,
        pack(">HHBBHHH", 120, 0, 1, 0, 0, 316, 300) + bytes(40) + b"(DESCRIPTION=(CONNECT_DATA=(SID=x)))",
        b"",
        pack(">HHBBHHH", 120, 0, 1, 0, 0, 9000, 300) + bytes(40) + b"(DESCRIPTION=(",
    ),
    (
        "mongodb",
        T,
        pack("<IIII", 58, 7, 0, 2004) + bytes(4) + b"admin.$cmd\0" + bytes(8) + h("13000000") + bytes(15),
        b"",
        pack("<IIII", 58, 7, 0, 2999) + bytes(4) + b"admin.$cmd\0",
    ),
    (
        "mongodb",
        T,
        pack("<IIII", 36, 7, 0, 2013) + bytes(4) + b"\0" + pack("<I", 15) + bytes(11),
        b"",
        pack("<IIII", 36, 7, 0, 2013) + bytes(4) + b"\0" + pack("<I", 99) + bytes(11),
    ),
    ("redis", T, b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", b"$-1\r\n", b"*2\r\n$3\r\nGETX\r\n$1\r\nk\r\n"),
    ("redis", T, b"PING\r\n", b"+PONG\r\n", b"PING\r\n"),
    ("memcached", T, b"stats\r\n", b"STAT pid 8837\r\nSTAT uptime 193\r\n", b"stats\r\n"),
    ("memcached", T, b"set k 0 900 5\r\nhello\r\n", b"STORED\r\n", b"set k to 900\r\n"),
    (
        "memcached",
        T,
        h("800b00000000000000000000123456780000000000000000"),
        h("810b00000000000000000005123456780000000000000000312e362e30"),
        h("800b01230000000000000000123456780000000000000000"),
    ),
    (
        "cassandra",
        T,
        h("0400000005000000000400000101000000160001000b43514c5f56455253494f4e0005332e332e31"),
        b"",
        h("0400000005000000090400000101"),
    ),
    (
        "elasticsearch",
        T,
        b"ES" + h("00000013000000000000000108005cc663") + bytes(6),
        b"ES" + h("00000013000000000000000109005cc663") + bytes(6),
        b"ES" + h("7f00001300000000000000010800"),
    ),
    (
        "kafka",
        T,
        h("00000017 00120000 00000081 0007") + b"rdkafka" + h("000000000000"),
        h("0000000e0000008100000000000000000000"),
        h("00000017 0fff0000 00000081 0007") + b"rdkafka",
    ),
    ("nats", T, b'CONNECT {"verbose":false}\r\nPING\r\n', b'INFO {"server_id":"NAL","version":"2.9"} \r\n', b"CONNECT to me\r\n"),
    ("amqp", T, b"AMQP\0\0\x09\x01", b"", b"AMQP\x09\0\x09\x01"),
    ("amqp", T, b"", h("01000000000015000a000a0009") + bytes(15) + b"\xce", h("01000000000014000a000b0009") + bytes(15) + b"\xcd"),
    ("mqtt", T, h("101000044d5154540402003c0004") + b"abcd", h("20020000"), h("101000044d5154580402003c0004") + b"abcd"),
    ("stomp", T, b"CONNECT\naccept-version:1.2\nhost:x\n\n\0", b"CONNECTED\nversion:1.2\n\n\0", b"CONNECT\nplease\n"),
    (
        "zmtp",
        T,
        h("ff00000000000000017f0300") + b"NULL" + bytes(48),
        h("ff00000000000000017f0300") + b"NULL" + bytes(48),
        h("ff00000000000000017e0300") + b"NULL" + bytes(48),
    ),
    (
        "zabbix",
        T,
        b"ZBXD\x01" + pack("<Q", 10) + b"agent.ping",
        b"ZBXD\x01" + pack("<Q", 1) + b"1",
        b"ZBXE\x01" + pack("<Q", 10) + b"agent.ping",
    ),
    ("sip", U, b"OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n\r\n", b"SIP/2.0 200 OK\r\n\r\n", b"OPTIONS sip:a@b HTTP/1.1\r\nVia: x\r\n\r\n"),
    (
        "rtp",
        U,
        [pack(">BBHII", 0x80, 0, 7 + k, 160 * k, 0xCAFE) + bytes(160) for k in range(3)],
        b"",
        [pack(">BBHII", 0x80, 0, 7 + k, 160 * k, 0xCAFE + k) + bytes(160) for k in range(3)],
    ),
    ("rtp", U, h("80c80006c0ffee01") + bytes(20) + h("81ca0003c0ffee010102616200000000")[:16], b"", h("80c80006c0ffee01") + bytes(3)),
    ("rtsp", T, b"OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n", b"RTSP/1.0 200 OK\r\n\r\n", b"OPTIONS http://a/b HTTP/1.0\r\n\r\n"),
    (
        "rtmp",
        T,
        b"\x03" + bytes(8) + bytes(range(256)) * 5 + bytes(248) + bytes(8) + b"Z" * 1528,
        b"\x03" + bytes(8) + b"Z" * 1528,
        b"\x03" + bytes(8) + bytes(range(256)),
    ),
    ("stun", U, h("000100002112a442") + bytes(range(12)), b"", h("000100002112a443") + bytes(range(12))),
    (
        "stun",
        U,
        h("00010008") + bytes(range(1, 17)) + h("0003000400000002"),
        h("0101000c") + bytes(range(1, 17)) + h("000100080001c0a801010203"),
        h("00010008") + bytes(range(1, 17)) + h("0903000400000002"),
    ),
    ("h323", T, tpkt(h("08020001057e000a052080060008914a0004")), b"", tpkt(h("09020001057e000a052080060008914a0004"))),
    ("iax2", U, h("8004000000000001000006010b020002010434343230"), b"", h("8004000000000001000006010b020002010934343230")),
    ("skinny", T, pack("<III", 4, 0, 0) + pack("<III", 24, 0, 1) + bytes(20) + pack("<III", 4, 0, 0), b"", pack("<III", 4, 0x99, 0)),
    ("vnc", T, b"RFB 003.008\n", b"RFB 003.008\n", b"RFB 0x3.008\n"),
    ("x11", T, h("6c000b000000000000000000"), h("01000b0000000800") + bytes(32), h("6c000c000000000000000000")),
    ("rsync", T, b"@RSYNCD: 31.0\n", b"@RSYNCD: 31.0\n", b"@RSYNCX: 31.0\n"),
    ("git", T, b"0032git-upload-pack /p.git\0host=example.com\0", b"000eversion 2\n", b"0032git-frobnicate /p.git\0host=example.com\0"),
    ("svn", T, b"( 2 ( edit-pipeline svndiff1 ) 11:svn://a/b/c ) ", b"( success ( 2 2 ( ) ( edit-pipeline ) ) ) ", b"( 2 + 2 ) "),
    ("nbd", T, h("00000003") + b"IHAVEOPT" + bytes(8), b"NBDMAGICIHAVEOPT\0\3", h("00000003") + b"IHAVENOT" + bytes(8)),
    (
        "bittorrent",
        T,
        b"\x13BitTorrent protocol" + bytes(8) + b"h" * 20 + b"-TR3000-abcdefghijkl",
        b"",
        b"\x13BitTorment protocol" + bytes(48),
    ),
    ("bittorrent", U, b"d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe", b"", b"d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping"),
    (
        "openvpn",
        U,
        h("38") + bytes(range(8)) + bytes(5),
        h("40") + bytes(range(8, 16)) + h("0100000000") + bytes(range(8)) + bytes(4),
        h("38") + bytes(range(8)) + h("0000000007"),
    ),
    ("openvpn", T, h("000e38") + bytes(range(8)) + bytes(5), b"", h("000e30") + bytes(range(8)) + bytes(5)),
    (
        "wireguard",
        U,
        h("01000000") + bytes(range(1, 129)) + bytes(16),
        h("02000000aabbccdd01020304") + bytes(range(64)) + bytes(16),
        h("01000000") + bytes(range(1, 128)) + bytes(16),
    ),
    ("ike", U, ike(b"abcdefgh", bytes(8), 34, h("22000028") + bytes(36)), b"", ike(b"abcdefgh", bytes(8), 99, h("22000028") + bytes(36))),
    ("ike", U, bytes(4) + ike(b"abcdefgh", b"12345678", 35, bytes(40)), b"", bytes(5) + ike(b"abcdefgh", b"12345678", 35, bytes(40))),
    ("l2tp", U, h("c802001400000000000000008008000000000001"), b"", h("c803001400000000000000008008000000000001")),
    ("pptp", T, h("009c00011a2b3c4d00010000") + bytes(144), b"", h("009c00011a2b3c4e00010000") + bytes(144)),
    (
        "netflow",
        U,
        h("00050001000000005c000000000000000000000000000000") + bytes(48),
        b"",
        h("00050002000000005c000000000000000000000000000000") + bytes(49),
    ),
    (
        "netflow",
        U,
        h("000a00205c0000000000000100000000000200100100000200080004000c0004"),
        b"",
        h("000a00215c0000000000000100000000000200100100000200080004000c0004"),
    ),
    (
        "sflow",
        U,
        pack(">7I", 5, 1, 0x7F000001, 0, 1, 1000, 1) + pack(">II", 1, 40) + bytes(40),
        b"",
        pack(">7I", 4, 1, 0x7F000001, 0, 1, 1000, 1) + pack(">II", 1, 40) + bytes(40),
    ),
    ("bgp", T, MARK + h("001d0104fde800b40a00000100"), MARK + h("001304"), MARK + h("001d0904fde800b40a00000100")),
    (
        "ldp",
        U,
        h("0001001e0a0000010000010000140000000104000004000fc000040100040a000001"),
        b"",
        h("0002001e0a0000010000010000140000000104000004000fc000040100040a000001"),
    ),
    ("bfd", U, h("20c003180000000100000000000f4240000f424000000000"), b"", h("60c003180000000100000000000f4240000f424000000000")),
    (
        "ptp",
        U,
        h("0002002c00000000000000000000000000000000001122fffe334455000100010000") + bytes(10),
        b"",
        h("0003002c00000000000000000000000000000000001122fffe334455000100010000") + bytes(10),
    ),
    ("coap", U, h("4401a1b2aabbccddbb") + b".well-known" + b"\x04core", b"", h("4401a1b2aabbccddfb") + b".well-known" + b"\x04core"),
    ("modbus", T, h("000100000006010300000002"), h("00010000000701030400010002"), h("000100010006010300000002")),
    ("dnp3", T, h("056405c001000004e921"), b"", h("056405c001000004e922")),
    (
        "s7comm",
        T,
        tpkt(h("11e00000000100c1020100c2020102c0010a")),
        tpkt(h("11d00001000100c0010ac1020100c2020102")) + tpkt(h("02f080320300000000000800000000f0000008000803c0")),
        tpkt(h("11e00000000100")),
    ),
    ("iec104", T, h("680407000000"), h("68040b000000"), h("680437000000")),
    ("enip", T, h("65000400") + bytes(20) + h("01000000"), b"", h("65000800") + bytes(20) + h("01000000")),
    ("bacnet", U, h("810b000c0120ffff00ff1008"), b"", h("810b000d0120ffff00ff1008")),
    ("opcua", T, b"HELF" + pack("<I", 32) + bytes(24), b"ACKF" + pack("<I", 28) + bytes(20), b"HELP" + pack("<I", 32) + bytes(24)),
    ("slp", U, h("0201000014000000000000010002") + b"en" + bytes(4), b"", h("0201000015000000000000010002") + b"en" + bytes(4)),
    (
        "ssdp",
        U,
        b'M-SEARCH * HTTP/1.1\r\nMAN: "ssdp:discover"\r\n\r\n',
        b"HTTP/1.1 200 OK\r\nST: x\r\n\r\n",
        b"M-SEARCH / HTTP/1.1\r\n\r\n",
    ),
    (
        "ws-discovery",
        U,
        b"<?xml version='1.0'?><s:Envelope xmlns:d='http://schemas.xmlsoap.org/ws/2005/04/discovery'></s:Envelope>",
        b"",
        b"<?xml version='1.0'?><s:Envelope></s:Envelope>",
    ),
    (
        "bitcoin",
        T,
        h("f9beb4d9") + b"version\0\0\0\0\0" + pack("<I", 86) + bytes(90),
        b"",
        h("f9beb4d9") + b"virgins\0\0\0\0\0" + pack("<I", 86) + bytes(90),
    ),
    ("stratum", T, b'{"id":1,"method":"mining.subscribe","params":[]}\n', b"", b'{"id":1,"method":"calc.subscribe","params":[]}\n'),
    (
        "dropbox",
        U,
        b'{"host_int": 1, "version": [2, 0], "displayname": "", "port": 17500, "namespaces": [1]}',
        b"",
        b'{"host": 1, "namespaces": [1]}',
    ),
    (
        "oicq",
        U,
        h("023b0b00010017561f0c7b00000000000000030c949fb3510c59cb03"),
        b"",
        h("023b0b00010017561f0c7b00000000000000030c949fb3510c59cb04"),
    ),
    ("raknet", U, b"\x05" + RAK + b"\x06" + bytes(40), b"\x06" + RAK + bytes(11), b"\x05" + RAK[:-1] + b"\0" + bytes(40)),
    ("rmcp", U, h("0600ff06000011be80000000"), b"", h("0600ff06000011bf80000000")),
    ("hislip", T, h("48530000010052530000000000000007") + b"hislip0", b"", h("48540000010052530000000000000007") + b"hislip0"),
    ("fins", T, b"FINS" + pack(">4I", 12, 0, 0, 0), b"", b"FINE" + pack(">4I", 12, 0, 0, 0)),
    ("giop", T, b"GIOP\x01\x02\0\0" + pack(">I", 20) + bytes(20), b"", b"GIOP\x07\x02\0\0" + pack(">I", 20)),
    ("fix", T, b"8=FIX.4.4\x019=62\x0135=A\x01", b"", b"8=FIG.4.4\x019=62\x0135=A\x01"),
    ("hsrp", U, h("000010030a640100") + b"cisco\0\0\0" + h("c0a80001"), b"", h("000010030a640100") + b"crisco\0\0" + h("c0a80001") + b"x"),
    ("synphasor", T, h("aa41001200f100000000000000000005d7d0") * 2, b"", h("aa41001300f100000000000000000005d7d0") * 2),
    ("thrift", T, h("8001000100000004") + b"ping" + bytes(5), b"", h("8002000100000004") + b"ping" + bytes(5)),
    ("megaco", U, b"!/1 <iMSS>\nT=5{C=-{AV=ROOT}}", b"", b"!/1 iMSS\nT=5{C=-{AV=ROOT}}"),
    ("mgcp", U, b"RSIP 12 *@gw.example MGCP 1.0\nRM: restart\n", b"200 12 OK\n", b"RSIP 12 *@gw.example MGCB 1.0\n"),
    ("tivoconnect", U, b"TiVoConnect=1\nswversion=1.0\n", b"", b"TiVoConnects\nswversion=1.0\n"),
    (
        "afp",
        T,
        h("00040001000000000000000600000000") + b"\x0f\x00abcd",
        h("01040001000000000000000000000000"),
        h("00040001000000000000000600000001") + b"\x0f\x00abcd",
    ),
    (
        "ams",
        T,
        h("000020000000050d756001011027c0a801630101038004000400000000000000000001000000"),
        b"",
        h("000021000000050d756001011027c0a801630101038004000400000000000000000001000000"),
    ),
    ("rmi", T, b"JRMI\0\x02K\0\x09127.0.0.1\0\0\0\0", b"N\0\x09127.0.0.1\0\0\x86\x92", b"JRMI\0\x02Z\0\x09127.0.0.1"),
    ("kismet", T, b"!0 ENABLE GPS lat,lon\n", b"*KISMET: 0.0.0 1144004381 \x01Kismet\x01\n", b"!0 HELLO\n"),
    ("openflow", T, h("04000008000000010405000800000002"), h("04000008000000010406002000000002") + bytes(24), h("0409000800000001")),
    (
        "pfcp",
        U,
        h("2001001a00000100003c0005000a00000100600004e00000000059000100"),
        b"",
        h("2001001b00000100003c0005000a00000100600004e00000000059000100"),
    ),
    ("gtp", U, h("30ff001c00000001") + IP4, b"", h("30ff001d00000001") + IP4),
    (
        "smpp",
        T,
        pack(">4I", 40, 2, 0, 1) + b"abhik\0password\0SMPP\0\x34\0\0"[:24].ljust(24, b"\0"),
        pack(">4I", 21, 0x80000002, 0, 1) + b"SMSC\0",
        pack(">4I", 40, 0x77, 0, 1) + bytes(24),
    ),
    ("whois", T, b"example.com\r\n", b"% IANA WHOIS server\n% for more information\n\nrefer: whois.verisign-grs.com\n", b"example.com\r\n"),
    ("finger", T, b"root\r\n", b"Login: root           \t\t\tName: root\r\nDirectory: /root\r\nNo Plan.\r\n", b"root\r\n"),
    ("gnutella", T, b"GNUTELLA CONNECT/0.6\r\nUser-Agent: x\r\n\r\n", b"GNUTELLA/0.6 200 OK\r\n\r\n", b"NUTELLA CONNECT/0.6\r\n"),
    (
        "teredo",
        U,
        b"\x60\0\0\0\0\0\x3b\x15" + h("fe800000") + bytes(12) + h("20010000") + bytes(12),
        b"",
        b"\x60\0\0\0\0\1\x3b\x15" + h("fe800000") + bytes(12) + h("20010000") + bytes(12),
    ),
    ("vxlan", U, h("0800000000006400") + bytes(12) + b"\x08\0" + IP4, b"", h("0800000000006401") + bytes(12) + b"\x08\0" + IP4),
    ("geneve", U, h("0000655800000a00") + bytes(12) + b"\x08\0" + IP4, b"", h("0000655800000a01") + bytes(12) + b"\x08\0" + IP4),
    (
        "iscsi",
        T,
        h("4387000000000014") + bytes(40) + b"InitiatorName=iqn.x\0",
        b"",
        h("4387000000000014") + bytes(40) + b"InitiatorGame=iqn.x\0",
    ),
    ("munin", T, b"list\n", b"# munin node at host\nload cpu\n", b"list\n"),
    ("steam", U, h("ffffffff") + b"TSource Engine Query\0", b"", h("ffffffff") + b"TSource Engine Guess\0"),
    ("teamspeak", U, b"TS3INIT1\0\x65\0\0\x88" + bytes(20), b"", b"TS4INIT1\0\x65\0\0\x88" + bytes(20)),
    ("mumble", U, h("0000000003d72000fa76287e"), h("0001030403d72000fa76287e000000000000006400011940"), h("0000000003d72000fa76287e")),
    ("nat-pmp", U, h("0001000032dd32dd00000e10"), h("008100000000000a32dd32dd00000e10"), h("0001000132dd32dd00000e10")),
    ("bfcp", U, h("200b00000000000100020504"), h("200c00000000000100020504"), h("200b00000000000100020504")),
    ("statsd", U, b"app.logins:1|c\napp.time:320|ms|@0.1", b"", b"app.logins:1|q\napp.time:320|ms"),
    ("graphite", T, b"local.random.diceroll 4 1700000000\n", b"", b"local.random.diceroll 4 now\n"),
    (
        "collectd",
        U,
        h("00000009") + b"host\0" + h("0001000c000000005c000000") + h("00020008") + b"cpu\0" + h("00040008") + b"cpu\0",
        b"",
        h("00000009") + b"host1" + h("0001000c000000005c000000"),
    ),
    (
        "gearman",
        T,
        b"\0REQ" + pack(">II", 16, 4) + b"ping",
        b"\0RES" + pack(">II", 17, 4) + b"ping",
        b"\0RAQ" + pack(">II", 16, 4) + b"ping",
    ),
    ("beanstalkd", T, b"put 0 0 60 5\r\nhello\r\n", b"INSERTED 1\r\n", b"put 0 0 60 5\r\nhello\r\n"),
    ("lpd", T, b"\x02lp\n\x03100 cfA001host\n", b"\0", b"\x02lp\n\x03100 xyz\n"),
    ("jetdirect", T, b"\x1b%-12345X@PJL JOB\r\n", b"", b"\x1b%-12345Z@PJL JOB\r\n"),
    ("ajp", T, h("1234003702020008") + b"HTTP/1.1\0\0\x01/", b"", h("1235003702020008") + b"HTTP/1.1\0\0\x01/"),
    ("fastcgi", T, h("010100010008000000010000000000000104000100000000"), b"", h("010100010009000000010000000000000104000100000000")),
    (
        "someip",
        U,
        h("1234000800000011000000010101000000000005ababababab"),
        h("1234000800000011000000010101800000000005ababababab"),
        h("12340008000000110000000102010000"),
    ),
    ("doip", T, h("02fd0005000000070e000000000000"), b"", h("02fc0005000000070e000000000000")),
    (
        "dicom",
        T,
        h("0100000000cd00010000") + b"ANY-SCP".ljust(16) + b"ECHOSCU".ljust(16) + bytes(32) + h("10000015"),
        b"",
        h("0100000000cd00000000") + b"ANY-SCP".ljust(16) + b"ECHOSCU".ljust(16) + bytes(32) + h("10000015"),
    ),
    ("hl7", T, b"\x0bMSH|^~\\&|A|B\r\x1c\r", b"", b"\x0bMESH|^~\\&|A|B\r"),
    ("minecraft", T, b"\x10\0\xfd\x05\x09localhost\x63\xdd\x01\x01\0", b"", b"\x10\x01\xfd\x05\x09localhost\x63\xdd\x01\x01\0"),
    ("xdmcp", U, h("00010002000100"), b"", h("00020002000100")),
    ("ethereum", U, bytes(range(96)) + b"\x01\x01" + b"\xca\x04\xc1\x80\xc1\x80\x84\x65\0\0\0", b"", bytes(range(96)) + b"\x09\x01\xc9"),
    ("json-rpc", T, b'{"jsonrpc": "2.0", "method": "echo", "params": ["x"], "id": 0}', b"", b'{"json": "2.0", "method": "echo"}'),
    ("hart-ip", U, h("010000000001000d010000ea60"), h("010100000001000d010000ea60"), h("010000000001000e010000ea60")),
    ("m3ua", S, h("01000301000000180011000800000001000b000800000002"), b"", h("02000301000000180011000800000001000b000800000002")),
    ("s1ap", S, h("00110015 000001 003b4008") + bytes(14), b"", h("0011001f000001003b4008") + bytes(14)),
    (
        "teamviewer",
        U,
        [bytes(11) + h("1724") + b"abc", bytes(11) + h("1724") + b"abc"],
        b"",
        [bytes(11) + h("1725") + b"abc", bytes(11) + h("1725") + b"abc"],
    ),
    ("rdpudp", U, h("ffffffff00401801bbff568704d004d0") + bytes(1216), b"", h("ffffffff00401801bbff568704d014d0") + bytes(1216)),
    ("ayiya", U, h("415211295c000000") + bytes(16) + bytes(20) + b"\x60" + bytes(39), b"", h("415301295c000000") + bytes(76)),
    ("capwap", U, h("0100000016feff0000000000000000 0010") + bytes(16), b"", h("0100000115feff00000000000000000010") + bytes(16)),
    ("c1222", T, h("6019a2060604607c86f7a6060604607c86f7a803020101be022800"), b"", h("601aa3060604607c86f7")),
    ("cpha", U, h("1a900c31278500010016793e0001fffe") + bytes(20), b"", h("1a910c31278500010016793e0001fffe") + bytes(20)),
    (
        "egd",
        U,
        [(h("0d01") + pack("<H", k) + h("c0a8084d7b000000be8a7e3800811b2c") + bytes(40)) for k in (1, 2)],
        b"",
        [(h("0d02") + pack("<H", k) + h("c0a8084d7b000000be8a7e3800811b2c") + bytes(40)) for k in (1, 2)],
    ),
    ("sbus", U, h("0000000d01000001000a205318"), h("00000010010000010144324d34383032"), h("0000000e01000001000a205318")),
]
