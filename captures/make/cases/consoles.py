"""Consoles, screens, chat and tunnels for people: SSH, telnet, rlogin, rsh, VNC, X11, IRC, XMPP, SOCKS, proxies, Tor."""

from __future__ import annotations

import time

from case import case, moved
from cases.reserved import sshd
from cases.t1571 import nginx
from lab import INSIDE, OUTSIDE, SERVER, Lab

TLS_HOST = "203.0.113.11"


@case(
    "moved-ssh",
    "SSH on a moved port",
    [moved("tcp", 22022, "ssh", connections=2), moved("tcp", 22023, "ssh", connections=1)],
    debian=("openssh-server", "openssh-client", "dropbear-bin"),
)
def ssh(lab: Lab) -> None:
    """OpenSSH with a command and a file listing; dropbear as a second implementation, where the client may not log in."""
    argv = sshd(lab, 22022)
    key = lab.dir / "dropbear.key"
    lab.run(OUTSIDE, "dropbearkey", "-t", "ed25519", "-f", key)
    lab.start(OUTSIDE, "dropbear", "-F", "-E", "-r", key, "-p", f"{SERVER}:22023", "-P", lab.dir / "dropbear.pid", ready="tcp:22023")
    with lab.capture("tcp"):
        lab.run(INSIDE, *argv, "id; uname -o")
        lab.run(INSIDE, "sftp", "-b", "-", *argv[1:-3], "-P", "22022", argv[-1], stdin="ls /etc/ssl\n")
        lab.run(INSIDE, *argv[:-3], "-p", "22023", "-o", "BatchMode=yes", argv[-1], "id", ok=None)


@case(
    "moved-telnet-rlogin",
    "telnet, rlogin and rsh on moved ports",
    [
        moved("tcp", 20023, "telnet", connections=1, min_severity="medium"),
        moved("tcp", 20513, "rlogin", connections=1),
        moved("tcp", 20514, "rsh", connections=1),
    ],
    debian=("inetutils-telnetd", "telnet", "socat", "rsh-redone-server", "rsh-redone-client", "bash"),
    notes="`socat` stands in for inetd.",
)
def telnet(lab: Lab) -> None:
    """GNU telnetd behind a small super-server, with `cat` in the place of the login program (options, then typed lines and their echo); the
    servers of rlogin and rsh, opened as their clients do and refused."""
    doors = {20023: "telnetd -h -E /bin/cat", 20513: "in.rlogind", 20514: "in.rshd"}
    for port, program in doors.items():
        lab.start(
            OUTSIDE,
            "socat",
            f"TCP-LISTEN:{port},bind={SERVER},fork,reuseaddr",
            f"EXEC:{program},nofork" if port != 20023 else f"EXEC:'{program}',nofork",
            ready=f"tcp:{port}",
        )
    with lab.capture("tcp"):
        script = f"(sleep 1; echo alice; sleep 0.6; echo secret; sleep 0.6; echo exit; sleep 0.6) | telnet {SERVER} 20023"
        lab.run(INSIDE, "sh", "-c", script, ok=None, timeout=10)
        lab.tool(INSIDE, "rservices.py", "rlogin", SERVER, "20513", ok=None)
        lab.tool(INSIDE, "rservices.py", "rsh", SERVER, "20514", ok=None)


@case(
    "moved-vnc-x11",
    "VNC and X11 on moved ports",
    [moved("tcp", 25900, "vnc", connections=1, min_severity="medium"), moved("tcp", 26010, "x11", connections=1)],
    debian=("tigervnc-standalone-server", "tigervnc-viewer", "xvfb", "x11-utils"),
)
def vnc(lab: Lab) -> None:
    """TigerVNC's server and viewer; an X server that listens on TCP (display 20010) asked by an X client."""
    lab.start(
        OUTSIDE,
        "Xtigervnc",
        ":31",
        "-rfbport",
        "25900",
        "-SecurityTypes",
        "None",
        "-geometry",
        "160x120",
        "-depth",
        "16",
        "-interface",
        SERVER,
        ready="tcp:25900",
    )
    lab.start(
        OUTSIDE,
        "Xvfb",
        ":20010",
        "-listen",
        "tcp",
        "-ac",
        "-screen",
        "0",
        "160x120x8",
        "-nolisten",
        "unix",
        "-nolisten",
        "local",
        ready="tcp:26010",
    )
    lab.start(INSIDE, "Xvfb", ":32", "-screen", "0", "320x240x16")
    time.sleep(1.5)
    with lab.capture("tcp"):
        lab.run(INSIDE, "xtigervncviewer", f"{SERVER}::25900", "-ViewOnly", env={"DISPLAY": ":32"}, timeout=4, ok=None)
        lab.run(INSIDE, "xdpyinfo", "-display", f"{SERVER}:20010")


@case(
    "moved-chat",
    "IRC and XMPP on moved ports",
    [
        moved("tcp", 26667, "irc", connections=1, min_severity="medium"), moved("tcp", 25222, "xmpp", connections=1, resp_h=SERVER),
        moved("tcp", 25222, "xmpp", connections=1, resp_h=TLS_HOST, upgraded="tls"),
    ],
    debian=("ngircd", "prosody", "ncat"),
)  # fmt: skip
def chat(lab: Lab) -> None:
    """ngircd with a client that joins a channel; prosody with a client that only opens its stream, and with openssl's client that goes over to
    TLS."""
    irc = f"[Global]\nName = irc.example.org\nInfo = lab\nListen = {SERVER}\nPorts = 26667\nServerUID = irc\nServerGID = irc\n[Options]\nDNS = no\nIdent = no\nPAM = no\n"
    lab.start(OUTSIDE, "ngircd", "-n", "-f", lab.file("ngircd.conf", irc), ready="tcp:26667")
    key, cert = lab.certificate("xmpp.example.org")
    prosody = f"""run_as_root = true
daemonize = false
data_path = "{lab.folder("prosody")}"
pidfile = "{lab.dir}/prosody.pid"
c2s_ports = {{ 25222 }}
s2s_ports = {{ }}
interfaces = {{ "*" }}
modules_enabled = {{ "tls"; "saslauth"; "roster"; "disco" }}
modules_disabled = {{ "s2s" }}
c2s_require_encryption = false
log = {{ info = "*console" }}
VirtualHost "xmpp.example.org"
  ssl = {{ key = "{key}"; certificate = "{cert}" }}
"""
    lab.start(OUTSIDE, "prosody", "--config", lab.file("prosody.cfg.lua", prosody), "-F", ready="tcp:25222")
    with lab.capture("tcp"):
        lines = "(printf 'NICK bot17\\r\\nUSER bot17 0 * :bot\\r\\n'; sleep 1; printf 'JOIN #ops\\r\\nPRIVMSG #ops :ready\\r\\n'; sleep 0.7; printf 'QUIT\\r\\n'; sleep 0.5)"
        lab.run(INSIDE, "sh", "-c", f"{lines} | ncat {SERVER} 26667", ok=None)
        stream = "<?xml version='1.0'?><stream:stream to='xmpp.example.org' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
        lab.run(
            INSIDE, "sh", "-c", f'(printf "%s" "{stream}"; sleep 1; printf "</stream:stream>"; sleep 0.5) | ncat {SERVER} 25222', ok=None
        )
        lab.run(
            INSIDE,
            "openssl",
            "s_client",
            "-connect",
            f"{TLS_HOST}:25222",
            "-starttls",
            "xmpp",
            "-xmpphost",
            "xmpp.example.org",
            timeout=4,
            ok=None,
        )


@case(
    "moved-proxies",
    "SOCKS and HTTP proxies on moved ports",
    [
        moved("tcp", 21080, "socks", connections=2, min_severity="medium"), moved("tcp", 21081, "socks", connections=2, min_severity="medium"),
        moved("tcp", 23128, "http", connections=2, accept=("http-proxy",)), moved("tcp", 28888, "http", connections=1, accept=("http-proxy",)),
    ],
    debian=("microsocks", "dante-server", "squid", "tinyproxy", "nginx-light", "curl"),
)  # fmt: skip
def proxies(lab: Lab) -> None:
    """SOCKS 5 at microsocks, SOCKS 4 and 5 at dante; HTTP by proxy, and CONNECT with TLS within, at squid and tinyproxy."""
    root = lab.certificate("www.example.org")
    nginx(lab, "site", f"{TLS_HOST}:80", f"listen {TLS_HOST}:443 ssl; ssl_certificate {root[1]}; ssl_certificate_key {root[0]};")
    lab.start(OUTSIDE, "microsocks", "-i", SERVER, "-p", "21080", ready="tcp:21080")
    dante = f"""internal: {SERVER} port = 21081
external: eth0
socksmethod: none
clientmethod: none
user.privileged: root
user.unprivileged: nobody
logoutput: stderr
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
"""
    lab.start(OUTSIDE, "danted", "-f", lab.file("danted.conf", dante), "-p", lab.dir / "danted.pid", ready="tcp:21081")
    squid = f"http_port {SERVER}:23128\nhttp_access allow all\npid_filename none\naccess_log none\ncache_log /dev/stderr\ncache deny all\ncache_effective_user proxy\nvisible_hostname proxy.example\nshutdown_lifetime 0 seconds\n"
    lab.start(OUTSIDE, "squid", "-N", "-f", lab.file("squid.conf", squid), ready="tcp:23128", wait=30)
    tiny = f"Port 28888\nListen {SERVER}\nTimeout 60\nAllow 0.0.0.0/0\n"
    lab.start(OUTSIDE, "tinyproxy", "-d", "-c", lab.file("tinyproxy.conf", tiny), ready="tcp:28888")
    plain, tls = f"http://{TLS_HOST}/tasks", f"https://{TLS_HOST}/tasks"
    with lab.capture("tcp"):
        for proxy, url in (
            (f"socks5://{SERVER}:21080", plain), (f"socks5h://{SERVER}:21080", tls), (f"socks4://{SERVER}:21081", plain), (f"socks5://{SERVER}:21081", tls),
            (f"http://{SERVER}:23128", plain), (f"http://{SERVER}:23128", tls), (f"http://{SERVER}:28888", tls),
        ):  # fmt: skip
            lab.run(INSIDE, "curl", "-sk", "-m", "8", "-x", proxy, url)
