"""Mail: SMTP, POP3 and IMAP on moved ports, in the clear and with STARTTLS."""

from __future__ import annotations

from case import case, moved
from lab import INSIDE, OUTSIDE, SERVER, Lab


def postfix(lab: Lab, ports: tuple[int, ...]) -> None:
    """Postfix with STARTTLS on each of the ports; what it takes is thrown away."""
    key, cert = lab.certificate("mail.example")
    queue, data = lab.folder("postfix/queue"), lab.folder("postfix/data", owner="postfix")
    main = {
        "compatibility_level": "3.6", "queue_directory": queue, "data_directory": data, "mail_owner": "postfix", "myhostname": "mail.example",
        "mydestination": "example.org", "inet_protocols": "ipv4", "local_transport": "discard", "local_recipient_maps": "", "alias_maps": "",
        "alias_database": "", "smtpd_tls_cert_file": cert, "smtpd_tls_key_file": key, "smtpd_tls_security_level": "may",
        "maillog_file": "/dev/stdout", "mynetworks": "0.0.0.0/0", "smtpd_client_restrictions": "", "smtpd_peername_lookup": "no",
    }  # fmt: skip
    services = [f"{SERVER}:{port} inet n - n - - smtpd" for port in ports]
    services += [
        "pickup unix n - n 60 1 pickup", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr", "rewrite unix - - n - - trivial-rewrite",
        "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce", "proxymap unix - - n - - proxymap",
        "anvil unix - - n - 1 anvil", "discard unix - - n - - discard", "tlsmgr unix - - n 1000? 1 tlsmgr", "scache unix - - n - 1 scache",
        "postlog unix-dgram n - n - 1 postlogd", "error unix - - n - - error", "retry unix - - n - - error",
    ]  # fmt: skip
    etc = lab.folder("postfix/etc")
    lab.file("postfix/etc/main.cf", "".join(f"{k} = {v}\n" for k, v in main.items()))
    lab.file("postfix/etc/master.cf", "\n".join(services) + "\n")
    lab.start(OUTSIDE, "postfix", "-c", etc, "start-fg", ready=f"tcp:{ports[0]}")


def dovecot(lab: Lab, *, imap: int = 0, imaps: int = 0, pop3: int = 0) -> None:
    """Dovecot with one user, alice, whose mail folder is empty."""
    key, cert = lab.certificate("imap.example")
    base, mail = lab.folder("dovecot"), lab.folder("dovecot-mail", owner="mail")
    lab.file("dovecot-users", "alice:{PLAIN}secret:8:8::" + str(mail) + "::\n")
    text = f"""base_dir = {base}
state_dir = {base}
protocols = imap {"pop3" if pop3 else ""}
listen = {SERVER}
log_path = /dev/stderr
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
disable_plaintext_auth = no
mail_location = maildir:{mail}/Maildir
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = {lab.dir}/dovecot-users
}}
userdb {{
  driver = passwd-file
  args = {lab.dir}/dovecot-users
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
"""
    if pop3:
        text += (
            f"service pop3-login {{\n  inet_listener pop3 {{\n    port = {pop3}\n  }}\n  inet_listener pop3s {{\n    port = 0\n  }}\n}}\n"
        )
    lab.start(OUTSIDE, "dovecot", "-F", "-c", lab.file("dovecot.conf", text), ready=f"tcp:{imap}")


@case(
    "moved-mail",
    "Mail on moved ports",
    [
        moved("tcp", 20025, "smtp", connections=1), moved("tcp", 20587, "smtp", connections=1, upgraded="tls"),
        moved("tcp", 20143, "imap", connections=1), moved("tcp", 20144, "imap", connections=1, upgraded="tls", resp_h="203.0.113.11"),
        moved("tcp", 20110, "pop3", connections=1), moved("tcp", 20111, "pop3", connections=1, upgraded="tls", resp_h="203.0.113.11"),
    ],
    debian=("postfix", "swaks", "libnet-ssleay-perl", "dovecot-imapd", "dovecot-pop3d", "curl", "socat"),
    notes="The ports with STARTTLS of IMAP and POP3 are doors of `socat` to the same server.",
)  # fmt: skip
def mail(lab: Lab) -> None:
    """SMTP, IMAP and POP3 of postfix and dovecot on ports where mail does not belong, each once in the clear and once going over to TLS."""
    postfix(lab, (20025, 20587))
    dovecot(lab, imap=20143, pop3=20110)
    for door, port in ((20144, 20143), (20111, 20110)):
        listen = f"TCP-LISTEN:{door},bind=203.0.113.11,fork,reuseaddr"
        lab.start(OUTSIDE, "socat", listen, f"TCP:{SERVER}:{port}", ready=f"tcp:{door}")
    with lab.capture("tcp"):
        mail = ["swaks", "-s", SERVER, "-f", "alice@example.com", "-t", "root@example.org"]
        lab.run(INSIDE, *mail, "-p", "20025")
        lab.run(INSIDE, *mail, "-p", "20587", "-tls")
        for url in (f"imap://{SERVER}:20143/", f"pop3://{SERVER}:20110/"):
            lab.run(INSIDE, "curl", "-s", url, "-u", "alice:secret")
        for url in ("imap://203.0.113.11:20144/", "pop3://203.0.113.11:20111/"):
            lab.run(INSIDE, "curl", "-sk", "--ssl-reqd", url, "-u", "alice:secret")
