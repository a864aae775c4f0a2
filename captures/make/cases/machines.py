"""Machines and small things: Modbus, OPC UA, EtherNet/IP, S7, CoAP; and peers: Zabbix, ONC RPC, IKE, BitTorrent."""

from __future__ import annotations

import sys
import time

from case import case, moved, negotiated
from lab import INSIDE, OUTSIDE, SERVER, Lab


@case(
    "moved-industrial",
    "Industrial protocols on moved ports",
    [
        moved("tcp", 20502, "modbus", connections=2, min_severity="medium"), moved("tcp", 24840, "opcua", connections=1),
        moved("tcp", 24818, "enip", connections=1), moved("tcp", 20102, "s7comm", connections=1),
    ],
    debian=("mbpoll",),
    python=("pymodbus", "asyncua", "cpppo", "python-snap7"),
)  # fmt: skip
def industrial(lab: Lab) -> None:
    """Servers and clients of pymodbus (also asked by mbpoll), asyncua, cpppo and python-snap7."""
    for kind, port in (("modbus", 20502), ("opcua", 24840), ("s7", 20102)):
        lab.serve(OUTSIDE, "industry.py", f"{kind}-serve", SERVER, str(port), ready=f"tcp:{port}")
    lab.start(OUTSIDE, sys.executable, "-m", "cpppo.server.enip", "-a", f"{SERVER}:24818", "SCADA=INT[100]", ready="tcp:24818")
    with lab.capture("tcp"):
        lab.tool(INSIDE, "industry.py", "modbus", SERVER, "20502")
        lab.run(INSIDE, "mbpoll", "-m", "tcp", "-p", "20502", "-1", "-r", "1", "-c", "4", SERVER, ok=None)
        lab.tool(INSIDE, "industry.py", "opcua", SERVER, "24840")
        lab.run(INSIDE, sys.executable, "-m", "cpppo.server.enip.client", "-a", f"{SERVER}:24818", "SCADA[1]=99", "SCADA[0-10]")
        lab.tool(INSIDE, "industry.py", "s7", SERVER, "20102", ok=None)


@case("moved-coap", "CoAP on a moved port", [moved("udp", 25683, "coap")], debian=("libcoap3-bin",))
def coap(lab: Lab) -> None:
    """libcoap's server and client: discovery, a reading, a resource that is not there."""
    lab.start(OUTSIDE, "coap-server-notls", "-A", SERVER, "-p", "25683", ready="udp:25683")
    with lab.capture("udp"):
        for path in (".well-known/core", "time", "nosuch"):
            lab.run(INSIDE, "coap-client-notls", "-B", "3", f"coap://{SERVER}:25683/{path}", ok=None)


@case("moved-zabbix", "Zabbix on a moved port", [moved("tcp", 20050, "zabbix", connections=2)], debian=("zabbix-agent", "ncat"))
def zabbix(lab: Lab) -> None:
    """A Zabbix agent asked passively, with the protocol's header, for two items."""
    conf = f"Server=0.0.0.0/0\nListenIP={SERVER}\nListenPort=20050\nStartAgents=1\nAllowRoot=1\nLogType=console\nHostname=agent\nPidFile={lab.dir}/z.pid\nServerActive=\n"
    lab.start(OUTSIDE, "zabbix_agentd", "-f", "-c", lab.file("zabbix.conf", conf), ready="tcp:20050")
    with lab.capture("tcp"):
        for item in (b"agent.ping", b"agent.version"):
            lab.run(INSIDE, "ncat", "-i", "2", SERVER, "20050", stdin=b"ZBXD\x01" + len(item).to_bytes(8, "little") + item, ok=None)


@case("moved-rpc", "ONC RPC on moved ports", [moved("tcp", 20111, "rpc"), moved("udp", 20111, "rpc")], debian=("rpcbind", "socat"))
def rpc(lab: Lab) -> None:
    """rpcbind behind doors of socat, since it cannot be told another port; asked for its list by rpcinfo through a door on the client's side."""
    lab.start(OUTSIDE, "rpcbind", "-f", "-i", "-h", "203.0.113.12", ready="tcp:111")
    for kind in ("TCP", "UDP"):
        lab.start(
            OUTSIDE,
            "socat",
            f"{kind}4-LISTEN:20111,bind={SERVER},fork,reuseaddr",
            f"{kind}4:203.0.113.12:111",
            ready=f"{kind.lower()}:20111",
        )
        lab.start(
            INSIDE, "socat", f"{kind}4-LISTEN:111,bind=127.0.0.1,fork,reuseaddr", f"{kind}4:{SERVER}:20111", ready=f"{kind.lower()}:111"
        )
    with lab.capture("tcp or udp"):
        lab.run(INSIDE, "rpcinfo", "-p", "127.0.0.1", ok=None)
        for kind in ("tcp", "udp"):
            lab.run(INSIDE, "rpcinfo", "-T", kind, "127.0.0.1", "100000", ok=None, timeout=8)
        time.sleep(0.5)


@case("moved-bittorrent", "BitTorrent on a moved port", [negotiated("tcp", 26881, "bittorrent")], python=("libtorrent",))
def bittorrent(lab: Lab) -> None:
    """A seed and a leech of libtorrent without encryption, introduced to each other; no trackers, no DHT, no uTP."""
    lab.serve(OUTSIDE, "torrent.py", "seed", SERVER, "26881", lab.folder("seed"), ready="tcp:26881")
    with lab.capture("tcp"):
        lab.tool(INSIDE, "torrent.py", "leech", SERVER, "26881", lab.folder("leech"))


@case("moved-bacnet", "BACnet/IP on a moved port", [negotiated("udp", 27808, "bacnet", either=True)], python=("bacpypes3",))
def bacnet(lab: Lab) -> None:
    """Two devices of bacpypes3: one reads properties of the other."""
    lab.serve(OUTSIDE, "bacnet.py", "serve", SERVER, "27808", ready="udp:27808")
    with lab.capture("udp"):
        lab.tool(INSIDE, "bacnet.py", "ask", SERVER, "27808")


@case("moved-ike", "IKE on a moved port", [moved("udp", 20500, "ike", connections=2)], debian=("strongswan-charon", "ike-scan"))
def ike(lab: Lab) -> None:
    """strongSwan's daemon on port 20500, without any connection configured, asked by ike-scan in versions 1 and 2: it answers that no proposal
    suits. On a port of its own strongSwan speaks as behind address translation, with four zero bytes before each message."""
    conf = "charon { port = 20499\n port_nat_t = 20500\n load = random nonce sha1 sha2 aes hmac gmp kernel-netlink socket-default\n filelog { stderr { default = 1 } } }\n"
    lab.start(OUTSIDE, "/usr/lib/ipsec/charon", env={"STRONGSWAN_CONF": str(lab.file("strongswan.conf", conf))}, ready="udp:20500")
    with lab.capture("udp"):
        for version in ([], ["--ikev2"]):
            lab.run(INSIDE, "ike-scan", *version, "--nat-t", "--dport=20500", "--sport=0", "--retry=2", SERVER, ok=None)
