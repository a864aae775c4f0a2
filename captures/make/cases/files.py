"""Files and directories: FTP, TFTP, SMB, rsync, git, Subversion, NBD, LDAP, Kerberos, NFS' portmapper, printing."""

from __future__ import annotations

import time

from case import Flow, case, moved
from cases.quiet import directory
from lab import INSIDE, LAN, OUTSIDE, SERVER, Lab

TLS_HOST = "203.0.113.11"
FILES = 40
"""Files that one session fetches."""


@case(
    "moved-ftp",
    "FTP on a moved port, and its data connections",
    [
        moved("tcp", 20021, "ftp", connections=1, resp_h=SERVER), moved("tcp", 20021, "ftp", connections=1, resp_h=TLS_HOST, upgraded="tls"),
        Flow("tcp", 30021, "ftp-data", "expected", oneway=True, resp_h=SERVER), Flow("tcp", 30021, "tls", "unexpected_port", resp_h=TLS_HOST),
    ],
    debian=("vsftpd", "curl"),
)  # fmt: skip
def ftp(lab: Lab) -> None:
    """vsftpd and curl, once in the clear and once going over to TLS; the passive data connections go to port 30021.

    What the encrypted control channel announces cannot be read: that data connection is TLS and no more.
    """
    key, cert = lab.certificate("ftp.example")
    root = lab.folder("ftp")
    (root / "report.txt").write_text("quarterly numbers\n" * 20)
    common = f"""listen=YES
background=NO
anonymous_enable=YES
anon_root={root}
pasv_min_port=30021
pasv_max_port=30021
listen_port=20021
ftp_username=daemon
secure_chroot_dir={lab.folder("empty")}
seccomp_sandbox=NO
pasv_promiscuous=YES
port_promiscuous=YES
"""
    tls = f"ssl_enable=YES\nallow_anon_ssl=YES\nrsa_cert_file={cert}\nrsa_private_key_file={key}\nrequire_ssl_reuse=NO\nssl_ciphers=HIGH\n"
    for host, more in ((SERVER, ""), (TLS_HOST, tls)):
        lab.start(OUTSIDE, "vsftpd", lab.file(f"vsftpd-{host}.conf", f"{common}listen_address={host}\n{more}"))
    time.sleep(1.5)
    with lab.capture("tcp"):
        lab.run(INSIDE, "curl", "-s", f"ftp://{SERVER}:20021/report.txt")
        lab.run(INSIDE, "curl", "-sk", "--ssl-reqd", f"ftp://{TLS_HOST}:20021/report.txt")


@case(
    "moved-ftp-active",
    "FTP on a moved port: active data connections, a server behind NAT, and a long session",
    [
        moved("tcp", 20121, "ftp", connections=4),
        Flow("tcp", 30100, "ftp-data", "expected", connections=1, oneway=True, resp_h=LAN[INSIDE]),
        Flow("tcp", 30101, "ftp-data", "expected", oneway=True, resp_h=LAN[INSIDE]),
        Flow("tcp", 30121, "ftp-data", "expected", connections=FILES + 1, oneway=True, resp_h=SERVER),
    ],
    debian=("vsftpd", "curl", "lftp"),
)
def ftp_active(lab: Lab) -> None:
    """vsftpd with curl (EPRT, and PASV whose address is not the server's) and lftp (PORT, down and up).

    The last session fetches so many files that most of its announcements lie far behind the first bytes.
    """
    root, got = lab.folder("ftp"), lab.folder("got", mode=0o777)
    (root / "report.txt").write_text("quarterly numbers\n" * 20)
    (got / "upload.txt").write_text("measured values\n" * 20)
    lab.folder("ftp/in", mode=0o777)
    for number in range(1, FILES + 1):
        (root / f"{number}.txt").write_text(f"part {number}\n")
    text = f"""listen=YES
background=NO
listen_port=20121
listen_address={SERVER}
anonymous_enable=YES
anon_root={root}
write_enable=YES
anon_upload_enable=YES
connect_from_port_20=YES
pasv_min_port=30121
pasv_max_port=30121
pasv_address=192.168.7.9
ftp_username=daemon
secure_chroot_dir={lab.folder("empty")}
seccomp_sandbox=NO
"""
    lab.start(OUTSIDE, "vsftpd", lab.file("vsftpd.conf", text))
    time.sleep(1.5)
    url = f"ftp://{SERVER}:20121"
    with lab.capture("tcp"):
        lab.run(INSIDE, "curl", "-s", "--ftp-port", f"{LAN[INSIDE]}:30100", f"{url}/report.txt")
        active = "set ftp:passive-mode no; set ftp:port-range 30101-30101; set net:max-retries 1; set ftp:ssl-allow no"
        moves = f"get report.txt -o {got}/report.txt; put -O in {got}/upload.txt; bye"
        lab.run(INSIDE, "lftp", "-e", f"{active}; {moves}", url)
        lab.run(INSIDE, "curl", "-s", "--disable-epsv", f"{url}/report.txt")
        lab.run(INSIDE, "curl", "-s", "--disable-epsv", f"{url}/[1-{FILES}].txt")


@case(
    "moved-tftp",
    "TFTP on a moved port",
    [moved("udp", 20069, "tftp", oneway=True), Flow("udp", 30069, "tftp", "unexpected_port", accept=("unknown", "expected"), either=True)],
    debian=("tftpd-hpa", "tftp-hpa"),
)
def tftp(lab: Lab) -> None:
    """TFTP as its specification has it: the request goes to the server's port, the answer comes from another (here 30069)."""
    root = lab.folder("tftp")
    (root / "boot.cfg").write_text("default linux\n" * 60)
    lab.start(OUTSIDE, "in.tftpd", "-L", "-4", "-a", f"{SERVER}:20069", "-u", "nobody", "-R", "30069:30069", "-s", root, ready="udp:20069")
    with lab.capture("udp"):
        lab.run(INSIDE, "tftp", SERVER, "20069", "-c", "get", "boot.cfg", cwd=lab.folder("got", mode=0o777))


@case("moved-smb", "SMB on a moved port", [moved("tcp", 20445, "smb", min_severity="medium")], debian=("samba", "smbclient"))
def smb(lab: Lab) -> None:
    """Samba and its client, SMB 3 and then SMB 1."""
    share, state = lab.folder("share", mode=0o777), lab.folder("samba")
    (share / "notes.txt").write_text("notes\n")
    text = f"""[global]
  workgroup = EXAMPLE
  server role = standalone server
  map to guest = bad user
  smb ports = 20445
  server min protocol = NT1
  private dir = {state}
  state directory = {state}
  cache directory = {state}
  lock directory = {state}
  pid directory = {state}
  ncalrpc dir = {state}/rpc
  log file = {state}/log
  disable netbios = yes
  load printers = no
[share]
  path = {share}
  guest ok = yes
"""
    lab.start(OUTSIDE, "smbd", "-F", "--no-process-group", "-s", lab.file("smb.conf", text), ready="tcp:20445")
    client = lab.file("client.conf", "[global]\n  client min protocol = NT1\n  workgroup = EXAMPLE\n")
    with lab.capture("tcp"):
        for level in ("SMB3", "NT1"):
            lab.run(INSIDE, "smbclient", "-s", client, "-N", "-m", level, "-p", "20445", f"//{SERVER}/share", "-c", "ls", ok=None)


@case(
    "moved-repositories",
    "rsync, git, Subversion and a block device on moved ports",
    [
        moved("tcp", 20873, "rsync", connections=2), moved("tcp", 29418, "git", connections=1), moved("tcp", 23690, "svn", connections=1),
        moved("tcp", 20809, "nbd", connections=1),
    ],
    debian=("rsync", "git", "subversion", "nbd-server", "nbd-client"),
)  # fmt: skip
def repositories(lab: Lab) -> None:
    """Each by its own server and client."""
    root = lab.folder("src")
    (root / "a.txt").write_text("text\n" * 30)
    rsync = f"pid file = {lab.dir}/rsyncd.pid\nuse chroot = no\nuid = root\n[mod]\npath = {root}\n"
    lab.start(
        OUTSIDE,
        "rsync",
        "--daemon",
        "--no-detach",
        f"--address={SERVER}",
        "--port=20873",
        f"--config={lab.file('rsyncd.conf', rsync)}",
        ready="tcp:20873",
    )
    repo = lab.folder("git/demo")
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    lab.run(OUTSIDE, "git", *who, "init", "-q", repo)
    lab.run(OUTSIDE, "git", *who, "-C", repo, "commit", "-q", "--allow-empty", "-m", "first")
    lab.start(
        OUTSIDE, "git", "daemon", "--export-all", f"--base-path={lab.dir}/git", f"--listen={SERVER}", "--port=29418", ready="tcp:29418"
    )
    lab.run(OUTSIDE, "svnadmin", "create", lab.dir / "svn")
    lab.start(
        OUTSIDE,
        "svnserve",
        "-d",
        "--foreground",
        "--listen-host",
        SERVER,
        "--listen-port",
        "23690",
        "-r",
        lab.dir / "svn",
        ready="tcp:23690",
    )
    disk = lab.file("disk.img", bytes(1 << 20), 0o666)
    nbd = f"[generic]\n  listenaddr = {SERVER}\n  port = 20809\n  allowlist = true\n[disk]\n  exportname = {disk}\n"
    lab.start(OUTSIDE, "nbd-server", "-d", "-C", lab.file("nbd.conf", nbd), ready="tcp:20809")
    with lab.capture("tcp"):
        lab.run(INSIDE, "rsync", f"rsync://{SERVER}:20873/")
        lab.run(INSIDE, "rsync", "-a", f"rsync://{SERVER}:20873/mod/", lab.folder("copy"))
        lab.run(INSIDE, "git", "clone", "-q", f"git://{SERVER}:29418/demo", lab.dir / "clone")
        lab.run(INSIDE, "svn", "--non-interactive", "info", f"svn://{SERVER}:23690/")
        lab.run(INSIDE, "nbd-client", "-l", SERVER, "20809", ok=None)


@case(
    "moved-ldap",
    "LDAP on a moved port",
    [
        moved("tcp", 20389, "ldap", connections=1, resp_h=SERVER),
        moved("tcp", 20389, "ldap", connections=1, resp_h=TLS_HOST, upgraded="tls"),
    ],
    debian=("slapd", "ldap-utils"),
)
def ldap(lab: Lab) -> None:
    """OpenLDAP and its client, once in the clear and once going over to TLS by StartTLS."""
    directory(lab, OUTSIDE, "0.0.0.0", 20389, tls=True)
    with lab.capture("tcp"):
        for host, more in ((SERVER, []), (TLS_HOST, ["-ZZ"])):
            bind = ["-D", "cn=admin,dc=example,dc=org", "-w", "secret"]
            argv = ["ldapsearch", "-x", "-H", f"ldap://{host}:20389", *more, *bind, "-s", "base", "-b", "", "+"]
            lab.run(INSIDE, *argv, env={"LDAPTLS_REQCERT": "never"})


@case(
    "moved-kerberos",
    "Kerberos on a moved port",
    [moved("udp", 20088, "kerberos"), moved("tcp", 20089, "kerberos")],
    debian=("krb5-kdc", "krb5-admin-server", "krb5-user"),
)
def kerberos(lab: Lab) -> None:
    """MIT Kerberos: a ticket over UDP, another over TCP, and a ticket for a service."""
    folder = lab.folder("krb")
    conf = """[libdefaults]
 default_realm = EXAMPLE.ORG
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = {limit}
[realms]
 EXAMPLE.ORG = {{
  kdc = {server}:{port}
 }}
"""
    kdc = f"""[kdcdefaults]
 kdc_listen = {SERVER}:20088
 kdc_tcp_listen = {SERVER}:20089
[realms]
 EXAMPLE.ORG = {{
  database_name = {folder}/principal
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
 }}
[logging]
 kdc = STDERR
"""
    env = {"KRB5_KDC_PROFILE": str(lab.file("krb/kdc.conf", kdc)), "KRB5CCNAME": f"FILE:{folder}/cc", "KRB5RCACHENAME": "none:"}
    confs = {}
    for limit, port in ((1400, 20088), (1, 20089)):
        text = conf.format(limit=limit, server=SERVER, port=port)
        confs[port] = env | {"KRB5_CONFIG": str(lab.file(f"krb/krb5-{port}.conf", text))}
    lab.run(OUTSIDE, "kdb5_util", "create", "-s", "-r", "EXAMPLE.ORG", "-P", "master", env=confs[20088])
    for principal in ("alice", "host/server"):
        lab.run(OUTSIDE, "kadmin.local", "-q", f"addprinc -pw secret {principal}", env=confs[20088])
    lab.start(OUTSIDE, "krb5kdc", "-n", env=confs[20088], ready="tcp:20089")
    with lab.capture("tcp or udp"):
        for port in (20088, 20089):
            lab.run(INSIDE, "kinit", "alice", stdin="secret\n", env=confs[port])
            lab.run(INSIDE, "kvno", "host/server", env=confs[port])


@case("moved-ipp", "Printing on a moved port", [moved("tcp", 20631, "http", accept=("ipp",))], debian=("cups-daemon", "cups-ipp-utils"))
def ipp(lab: Lab) -> None:
    """CUPS asked by ipptool: IPP within HTTP."""
    folder = lab.folder("cups")
    files = "".join(f"{k} {folder}/{k}\n" for k in ("ServerRoot", "RequestRoot", "CacheDir", "StateDir", "TempDir"))
    for name in ("ServerRoot", "RequestRoot", "CacheDir", "StateDir", "TempDir"):
        lab.folder(f"cups/{name}", mode=0o770)
    lab.file("cups/files.conf", f"{files}AccessLog stderr\nErrorLog stderr\nPageLog stderr\nUser nobody\nGroup nogroup\n")
    conf = f"Listen {SERVER}:20631\nListen 127.0.0.1:20631\nLogLevel warn\nServerTokens ProductOnly\nBrowsing Off\n<Location />\n  Order allow,deny\n  Allow all\n</Location>\n"
    conf += "<Policy default>\n<Limit All>\nOrder deny,allow\n</Limit>\n</Policy>\n"
    lab.start(OUTSIDE, "cupsd", "-f", "-c", lab.file("cups/cupsd.conf", conf), "-s", folder / "files.conf", ready="tcp:20631")
    lab.file("home/.cups/client.conf", "UserAgentTokens ProductOnly\n")
    with lab.capture("tcp"):
        lab.run(INSIDE, "ipptool", "-tv", f"ipp://{SERVER}:20631/", "get-printers.test", ok=None)
