"""What runs networks: names, time, management, logging, accounting, routing, tunnels, calls, peers."""

from __future__ import annotations

import time

from case import case, moved, negotiated
from lab import INSIDE, OUTSIDE, SERVER, Lab


@case(
    "moved-dns",
    "DNS on moved ports",
    [moved("udp", 20053, "dns"), moved("tcp", 20053, "dns", connections=2), moved("udp", 20054, "dns")],
    debian=("bind9", "dnsmasq", "bind9-dnsutils"),
)
def dns(lab: Lab) -> None:
    """BIND over UDP and TCP, dnsmasq over UDP; several kinds of question, one for a name that is not there."""
    folder = lab.folder("bind")
    zone = '$TTL 60\n@ SOA ns1 root 1 60 60 60 60\n@ NS ns1\nns1 A 203.0.113.10\nwww A 203.0.113.11\n@ TXT "v=spf1 -all"\n@ MX 10 www\nwww AAAA 2001:db8::11\n'
    lab.file("bind/zone", zone)
    conf = f'options {{ directory "{folder}"; listen-on port 20053 {{ {SERVER}; }}; listen-on-v6 {{ none; }}; pid-file none; recursion no; session-keyfile none; }};\n'
    conf += 'controls { };\nzone "example.org" { type primary; file "zone"; };\n'
    lab.start(OUTSIDE, "named", "-g", "-c", lab.file("bind/named.conf", conf), ready="tcp:20053")
    masq = f"port=20054\nno-resolv\nno-hosts\nlisten-address={SERVER}\nbind-interfaces\nuser=root\naddress=/example.net/203.0.113.12\npid-file={lab.dir}/m.pid\n"
    lab.start(OUTSIDE, "dnsmasq", "-k", "-C", lab.file("dnsmasq.conf", masq), ready="udp:20054")
    with lab.capture("tcp or udp"):
        for question in (
            "www.example.org A",
            "example.org TXT",
            "example.org MX",
            "nosuch.example.org A",
            "www.example.org AAAA",
            "+noedns www.example.org A",
        ):
            lab.run(INSIDE, "dig", "+tries=1", f"@{SERVER}", "-p", "20053", *question.split())
        for question in ("www.example.org A", "example.org AXFR"):
            lab.run(INSIDE, "dig", "+tcp", "+tries=1", f"@{SERVER}", "-p", "20053", *question.split())
        lab.run(INSIDE, "dig", "+tries=1", f"@{SERVER}", "-p", "20054", "a.example.net")


@case(
    "moved-management",
    "NTP, SNMP, RADIUS, syslog on moved ports",
    [
        moved("udp", 20123, "ntp"), moved("udp", 20161, "snmp"), moved("udp", 21812, "radius"), moved("udp", 20514, "syslog", oneway=True, min_severity="info"),
        moved("tcp", 20601, "syslog", oneway=True, min_severity="info"),
    ],
    debian=("chrony", "snmpd", "snmp", "freeradius", "freeradius-utils", "rsyslog", "bsdutils"),
)  # fmt: skip
def management(lab: Lab) -> None:
    """chrony asked by chrony; net-snmp in versions 1, 2c and 3; FreeRADIUS with a right and a wrong password; logger to rsyslog, RFC 3164 and
    RFC 5424, over UDP and TCP."""
    conf = f"local stratum 2\nallow all\nport 20123\nbindaddress {SERVER}\npidfile {lab.dir}/chrony.pid\ncmdport 0\nbindcmdaddress /\n"
    lab.start(OUTSIDE, "chronyd", "-x", "-d", "-u", "root", "-f", lab.file("chrony.conf", conf), ready="udp:20123")
    snmp = f"agentAddress udp:{SERVER}:20161\nrocommunity public\ncreateUser alice SHA secretsecret AES secretsecret\nrouser alice\nsysLocation lab\nsysDescr Linux agent 6.1.0-amd64\nsysName agent\n"
    state = {"SNMP_PERSISTENT_DIR": str(lab.folder("snmp")), "MIBS": ""}
    lab.start(
        OUTSIDE, "snmpd", "-f", "-Lo", "-C", "-c", lab.file("snmpd.conf", snmp), "-p", lab.dir / "snmpd.pid", env=state, ready="udp:20161"
    )
    folder = lab.folder("radius")
    radius = f"""prefix = /usr
logdir = {folder}
run_dir = {folder}
pidfile = {folder}/pid
libdir = /usr/lib/freeradius
max_requests = 1024
log {{
  destination = stderr
}}
security {{
  allow_core_dumps = no
}}
client lab {{
  ipaddr = 10.20.0.0/24
  secret = testing123
}}
modules {{
  pap {{
  }}
  files {{ usersfile = {folder}/users }}
}}
server default {{
  listen {{
    type = auth
    ipaddr = {SERVER}
    port = 21812
  }}
  authorize {{
    files
    pap
  }}
  authenticate {{
    Auth-Type PAP {{
      pap
    }}
  }}
}}
"""
    lab.file("radius/users", 'alice Cleartext-Password := "secret"\n')
    lab.file("radius/dictionary", "$INCLUDE /usr/share/freeradius/dictionary\n")
    lab.file("radius/radiusd.conf", radius)
    lab.start(OUTSIDE, "freeradius", "-X", "-d", folder, "-n", "radiusd", ready="udp:21812")
    rsyslog = f'module(load="imudp")\nmodule(load="imtcp")\ninput(type="imudp" address="{SERVER}" port="20514")\ninput(type="imtcp" address="{SERVER}" port="20601")\n*.* {folder}/log\n'
    lab.start(OUTSIDE, "rsyslogd", "-n", "-f", lab.file("rsyslog.conf", rsyslog), "-i", lab.dir / "rsyslog.pid", ready="udp:20514")
    with lab.capture("tcp or udp"):
        ask = f"pool {SERVER} port 20123 iburst maxsources 1\npidfile {lab.dir}/c2.pid\ncmdport 0\nbindcmdaddress /\n"
        lab.run(INSIDE, "chronyd", "-Q", "-u", "root", "-t", "6", "-f", lab.file("chrony-client.conf", ask), ok=None)
        secret = ["-v3", "-l", "authPriv", "-u", "alice", "-a", "SHA", "-A", "secretsecret", "-x", "AES", "-X", "secretsecret"]
        for version in (["-v1", "-c", "public"], ["-v2c", "-c", "public"], secret):
            lab.run(INSIDE, "snmpget", *version, f"{SERVER}:20161", ".1.3.6.1.2.1.1.5.0", env={"MIBS": ""})
        lab.run(INSIDE, "snmpbulkwalk", "-v2c", "-c", "public", f"{SERVER}:20161", ".1.3.6.1.2.1.1", env={"MIBS": ""})
        for word in ("secret", "wrong"):
            lab.run(INSIDE, "radtest", "alice", word, f"{SERVER}:21812", "0", "testing123", ok=None)
        for form in ("--rfc3164", "--rfc5424"):
            lab.run(INSIDE, "logger", "-n", SERVER, "-P", "20514", "-d", form, "-t", "app", "session opened for user alice")
            lab.run(INSIDE, "logger", "-n", SERVER, "-P", "20601", "-T", form, "-t", "app", "session closed for user alice")


@case("moved-bgp", "BGP on a moved port", [moved("tcp", 20179, "bgp")], debian=("bird2",))
def bgp(lab: Lab) -> None:
    """Two BIRD daemons make a session and exchange a route."""
    common = "log stderr all;\nrouter id {me};\nprotocol device {{ }}\nprotocol static {{ ipv4; route 192.0.2.0/24 blackhole; }}\n"
    peer = "protocol bgp p {{ local {me} port {port} as {asn}; neighbor {other} port 20179 as {other_asn}; multihop; {more} ipv4 {{ import all; export all; }}; }}\n"
    server = (common + peer).format(me=SERVER, port=20179, asn=64500, other="10.20.0.5", other_asn=64501, more="passive on;")
    client = (common + peer).format(me="10.20.0.5", port=20178, asn=64501, other=SERVER, other_asn=64500, more="connect delay time 1;")
    lab.start(
        OUTSIDE, "bird", "-f", "-c", lab.file("bird-a.conf", server), "-s", lab.dir / "a.ctl", "-P", lab.dir / "a.pid", ready="tcp:20179"
    )
    with lab.capture("tcp"):
        lab.start(INSIDE, "bird", "-f", "-c", lab.file("bird-b.conf", client), "-s", lab.dir / "b.ctl", "-P", lab.dir / "b.pid")
        time.sleep(6)


@case(
    "moved-openvpn",
    "OpenVPN on moved ports",
    [moved("udp", 21194, "openvpn"), moved("udp", 21195, "openvpn"), moved("udp", 21196, "openvpn"), moved("tcp", 21197, "openvpn")],
    debian=("openvpn",),
)
def openvpn(lab: Lab) -> None:
    """OpenVPN over UDP, over UDP with tls-auth, over UDP with tls-crypt, over TCP; keys are agreed and a few packets go through."""
    key, cert = lab.certificate("vpn.example", issuer="/CN=Lab CA")
    ca = lab.dir / "ca.crt"
    static = lab.dir / "static.key"
    lab.run(OUTSIDE, "openvpn", "--genkey", "secret", static)
    common = [
        "--dev",
        "null",
        "--ifconfig-noexec",
        "--route-noexec",
        "--ca",
        ca,
        "--cert",
        cert,
        "--key",
        key,
        "--verb",
        "3",
        "--ping",
        "1",
    ]
    forms = {21194: ("udp", []), 21195: ("udp", ["--tls-auth", static]), 21196: ("udp", ["--tls-crypt", static]), 21197: ("tcp", [])}
    with lab.capture("tcp or udp"):
        for port, (transport, more) in forms.items():
            ends = []
            for number, (space, role) in enumerate(((OUTSIDE, "server"), (INSIDE, "client"))):
                wire = ["--proto", f"tcp-{role}" if transport == "tcp" else "udp", f"--tls-{role}"]
                wire += (
                    ["--local", SERVER, "--port", str(port), "--dh", "none"]
                    if role == "server"
                    else ["--remote", SERVER, str(port), "--nobind"]
                )
                wire += [*more, str(number)] if "--tls-auth" in more else more
                ends.append(lab.start(space, "openvpn", *common, *wire, ready=f"{transport}:{port}" if role == "server" else None))
            time.sleep(4)
            for process in reversed(ends):
                process.terminate()
                process.wait(8)


@case(
    "moved-wireguard",
    "WireGuard on a moved port",
    [moved("udp", 23820, "wireguard", connections=1)],
    debian=("wireguard-go", "wireguard-tools", "iputils-ping"),
)
def wireguard(lab: Lab) -> None:
    """WireGuard in user space at both ends: handshake and pings within."""
    keys = {}
    for space in (OUTSIDE, INSIDE):
        private = lab.run(space, "wg", "genkey").strip()
        keys[space] = (lab.file(f"wg-{space}", private + "\n", 0o600), lab.run(space, "wg", "pubkey", stdin=private).strip())
    for space, device in ((OUTSIDE, "wgo0"), (INSIDE, "wgi0")):
        lab.start(space, "wireguard-go", "-f", device)
        time.sleep(1)
    lab.run(
        OUTSIDE,
        "wg",
        "set",
        "wgo0",
        "listen-port",
        "23820",
        "private-key",
        keys[OUTSIDE][0],
        "peer",
        keys[INSIDE][1],
        "allowed-ips",
        "172.30.0.2/32",
    )
    lab.run(
        INSIDE,
        "wg",
        "set",
        "wgi0",
        "listen-port",
        "40123",
        "private-key",
        keys[INSIDE][0],
        "peer",
        keys[OUTSIDE][1],
        "allowed-ips",
        "172.30.0.1/32",
        "endpoint",
        f"{SERVER}:23820",
    )
    for space, device, address in ((OUTSIDE, "wgo0", "172.30.0.1/24"), (INSIDE, "wgi0", "172.30.0.2/24")):
        lab.run(space, "ip", "addr", "add", address, "dev", device)
        lab.run(space, "ip", "link", "set", device, "up")
    with lab.capture("udp"):
        lab.run(INSIDE, "ping", "-c", "4", "-i", "0.3", "172.30.0.1")


@case(
    "moved-calls",
    "STUN, TURN and SIP on moved ports",
    [negotiated("udp", 23478, "stun"), negotiated("udp", 25060, "sip", connections=1), moved("tcp", 25061, "sip", connections=1)],
    debian=("coturn", "sip-tester"),
)
def calls(lab: Lab) -> None:
    """coturn asked by its own client for an address; a call between two SIPp, over UDP and over TCP."""
    lab.start(
        OUTSIDE,
        "turnserver",
        "-L",
        SERVER,
        "-p",
        "23478",
        "--no-tls",
        "--no-dtls",
        "-u",
        "alice:secret",
        "-r",
        "example.org",
        "-n",
        "--no-cli",
        "--pidfile",
        lab.dir / "turn.pid",
        "-l",
        "stdout",
        "--min-port",
        "49160",
        "--max-port",
        "49170",
        ready="udp:23478",
    )
    cwd = lab.folder("sipp")
    for port, mode in ((25060, "u1"), (25061, "t1")):
        lab.start(
            OUTSIDE,
            "sipp",
            "-sn",
            "uas",
            "-i",
            SERVER,
            "-p",
            str(port),
            "-t",
            mode,
            "-nostdin",
            cwd=cwd,
            ready=f"{'udp' if mode == 'u1' else 'tcp'}:{port}",
        )
    with lab.capture("(tcp or udp) and not portrange 49160-49170"):
        lab.run(INSIDE, "turnutils_stunclient", "-p", "23478", SERVER, ok=None)
        for port, mode in ((25060, "u1"), (25061, "t1")):
            lab.run(
                INSIDE,
                "sipp",
                "-sn",
                "uac",
                f"{SERVER}:{port}",
                "-i",
                "10.20.0.5",
                "-t",
                mode,
                "-m",
                "1",
                "-nostdin",
                "-d",
                "300",
                cwd=cwd,
                ok=None,
                timeout=15,
            )
