"""The protocols that are known, one file each; :mod:`._contract` says what such a file is.

``MODULES`` is the one list of them. To add a protocol: its file, its line here, a line of port knowledge, a capture.
"""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "amqp", "bittorrent", "cassandra", "dcerpc", "dhcp", "dhcpv6", "diameter", "elasticsearch", "git", "h323", "iax2", "ike",
    "kafka", "l2tp", "memcached", "mongodb", "mqtt", "mysql", "nats", "nbd", "nbdgm", "nbns", "ntp", "openvpn", 
    "postgresql", "pptp", "radius", "redis", "rlogin", "rpc", "rsh", "rsync", "rtmp", "rtp", "rtsp", "sip", "skinny", "snmp", "ssh",
    "stomp", "stun", "svn", "syslog", "tacacs", "tds", "teamviewer", "tftp", "tls", "vnc", "wireguard", "x11", "zabbix", "zmtp",
)  # fmt: skip
"""File names in this folder, in alphabetical order (a test holds the list to the folder)."""
