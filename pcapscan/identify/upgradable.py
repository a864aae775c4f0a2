"""Which protocols may turn into TLS behind their own words."""

from __future__ import annotations

UPGRADABLE = (
    "smtp", "lmtp", "imap", "pop3", "nntp", "ftp", "ldap", "xmpp", "mysql", "postgresql", "tds", "rdp", "irc", "http", "socks", "telnet",
    "managesieve", "vnc", "amqp", "nbd", "stun",
)  # fmt: skip
"""Protocols over TCP in which TLS may begin behind their own words."""
