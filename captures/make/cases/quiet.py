"""Ordinary traffic, in which nothing must be found."""

from __future__ import annotations

import time

from case import Flow, case
from cases.mail import dovecot, postfix
from cases.reserved import sshd
from lab import INSIDE, OFFICE, OUTSIDE, Lab

SITES = {
    "www.example.org": "203.0.113.11", "cdn.example.net": "203.0.113.12", "login.example.com": "198.51.100.13", "api.example.com": "198.51.100.14",
    "updates.example.net": "203.0.113.15",
}  # fmt: skip


def ok(transport: str, port: int, protocol: str | None, **options: object) -> Flow:
    """A protocol where it belongs."""
    return Flow(transport, port, protocol, "expected" if protocol else "unknown", **options)  # type: ignore[arg-type]


def web(lab: Lab) -> None:
    """Sites with certificates of one authority, HTTPS on 443 and HTTP on 80, in one nginx."""
    root = lab.folder("sites")
    (root / "index.html").write_text("<html><body>" + "<p>Plain text of a plain page.</p>" * 30 + "</body></html>\n")
    servers = []
    for name, address in SITES.items():
        key, cert = lab.certificate(name, issuer="/C=US/O=Example Trust Services/CN=Example CA R1")
        servers.append(
            f"server {{ listen {address}:443 ssl http2; listen {address}:80; server_name {name}; root {root};"
            f" ssl_certificate {cert}; ssl_certificate_key {key}; }}"
        )
    paths = "".join(f"{kind}_temp_path {root}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = f"daemon off; user root; worker_processes 1; pid {root}/pid; error_log {root}/log; events {{}} http {{ access_log off; {paths} {' '.join(servers)} }}\n"
    lab.start(OUTSIDE, "nginx", "-c", lab.file("sites.conf", text), ready="tcp:80")


def names(lab: Lab) -> None:
    """dnsmasq in the office: DNS and DHCP."""
    records = "".join(f"address=/{name}/{address}\n" for name, address in SITES.items())
    text = (
        f"no-resolv\nno-hosts\nlisten-address=10.20.0.2\nbind-interfaces\nuser=root\npid-file={lab.dir}/dnsmasq.pid\ninterface=eth0\n{records}"
        "mx-host=example.org,www.example.org,10\ntxt-record=example.org,v=spf1 -all\n"
        f"dhcp-range=10.20.0.100,10.20.0.120,1h\ndhcp-leasefile={lab.dir}/leases\ndhcp-option=3,10.20.0.1\n"
    )
    lab.start(OFFICE, "dnsmasq", "-k", "-C", lab.file("dnsmasq.conf", text), ready="udp:53")


def directory(lab: Lab, space: str, listen: str, port: int, tls: bool = False) -> None:
    """OpenLDAP with an empty suffix that answers searches of its root."""
    folder = lab.folder("slapd")
    key, cert = lab.certificate("ldap.example")
    text = f"""include /etc/ldap/schema/core.schema
pidfile {folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
{f"TLSCertificateFile {cert}" if tls else ""}
{f"TLSCertificateKeyFile {key}" if tls else ""}
database mdb
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw secret
maxsize 1048576
directory {folder}
"""
    lab.start(space, "slapd", "-d", "0", "-h", f"ldap://{listen}:{port}/", "-f", lab.file("slapd.conf", text), ready=f"tcp:{port}")


@case(
    "quiet-ordinary",
    "An ordinary morning",
    [
        ok("tcp", 443, "tls"), ok("tcp", 80, "http"), ok("udp", 53, "dns"), ok("tcp", 53, "dns"), ok("udp", 123, "ntp"), ok("tcp", 22, "ssh"),
        ok("tcp", 25, "smtp"), ok("tcp", 587, "smtp", upgraded="tls"), ok("tcp", 143, "imap"), ok("tcp", 993, "tls", accept=("imap",)),
        ok("tcp", 389, "ldap"), ok("udp", 67, "dhcp", either=True), ok("udp", 5353, "mdns"), ok("udp", 1900, "ssdp"),
    ],
    debian=(
        "nginx-light", "curl", "dnsmasq", "bind9-dnsutils", "chrony", "ntpsec-ntpdig", "openssh-server", "postfix", "swaks", "libnet-ssleay-perl", "dovecot-imapd",
        "slapd", "ldap-utils", "isc-dhcp-client", "avahi-daemon", "miniupnpc", "iputils-ping",
    ),
    quiet=True,
)  # fmt: skip
def ordinary(lab: Lab) -> None:
    """A workstation's ordinary traffic, each protocol on its own port: pages over HTTPS from several hosts with names and certificates of an
    authority, HTTP, DNS, DHCP, NTP, SSH, mail in and out, a directory, multicast discovery, pings."""
    web(lab)
    names(lab)
    ssh = sshd(lab, 22)
    postfix(lab, (25, 587))
    dovecot(lab, imap=143, imaps=993)
    directory(lab, OFFICE, "10.20.0.2", 389)
    chrony = f"local stratum 2\nallow all\nport 123\nbindaddress 198.51.100.20\npidfile {lab.dir}/chrony.pid\ncmdport 0\nbindcmdaddress /\n"
    lab.start(OUTSIDE, "chronyd", "-x", "-d", "-u", "root", "-f", lab.file("chrony.conf", chrony), ready="udp:123")
    script = lab.file("dhclient.sh", "#!/bin/sh\nexit 0\n", 0o755)
    avahi = "[server]\nuse-ipv4=yes\nuse-ipv6=no\nenable-dbus=no\nallow-interfaces=eth0\n[publish]\npublish-workstation=yes\n[rlimits]\n"
    with lab.capture("ip"):
        leases, pid = lab.dir / "dhclient.leases", lab.dir / "dhclient.pid"
        dhclient = ["dhclient", "-1", "-4", "-sf", script, "-lf", leases, "-pf", pid, "-cf", "/dev/null", "eth0"]
        lab.run(INSIDE, *dhclient, ok=None, timeout=15)
        for number, (name, address) in enumerate(SITES.items()):
            lab.run(INSIDE, "dig", "+tries=1", "@10.20.0.2", name)
            where = ["--resolve", f"{name}:443:{address}", "--cacert", lab.dir / "ca.crt"]
            lab.run(INSIDE, "curl", "-s", *where, f"https://{name}/", "--tls-max", "1.3" if number % 2 else "1.2")
            time.sleep(0.4)
        lab.run(INSIDE, "curl", "-s", "--resolve", "www.example.org:80:203.0.113.11", "http://www.example.org/")
        for question in ("example.org MX", "example.org TXT", "-x 203.0.113.11", "nosuch.example.org AAAA"):
            lab.run(INSIDE, "dig", "+tries=1", "@10.20.0.2", *question.split())
        lab.run(INSIDE, "dig", "+tcp", "+tries=1", "@10.20.0.2", "example.org", "TXT")
        lab.run(INSIDE, "ntpdig", "198.51.100.20")
        lab.run(INSIDE, "ping", "-c", "3", "-i", "0.3", "203.0.113.11")
        lab.run(INSIDE, *ssh, "true")
        lab.run(INSIDE, "swaks", "-s", "203.0.113.10", "-f", "alice@example.com", "-t", "root@example.org")
        lab.run(INSIDE, "swaks", "-s", "203.0.113.10", "-p", "587", "-tls", "-f", "alice@example.com", "-t", "root@example.org")
        lab.run(INSIDE, "curl", "-s", "imap://203.0.113.10/", "-u", "alice:secret", ok=None)
        lab.run(INSIDE, "curl", "-sk", "imaps://203.0.113.10/", "-u", "alice:secret", ok=None)
        lab.run(INSIDE, "ldapsearch", "-x", "-H", "ldap://10.20.0.2", "-s", "base", "-b", "", "+", ok=None)
        lab.start(INSIDE, "avahi-daemon", "--no-drop-root", "--no-chroot", "-f", lab.file("avahi.conf", avahi))
        lab.run(INSIDE, "upnpc", "-m", "eth0", "-s", ok=None)
        time.sleep(2)
