"""The protocols that are known, one file each; :mod:`._contract` says what such a file is.

``MODULES`` is the one list of them. To add a protocol: its file, its line here, a line of port knowledge, a capture.
"""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "amqp", "cassandra", "dcerpc", "dhcp", "dhcpv6", "diameter", "elasticsearch", "kafka", "memcached", "mongodb", "mqtt", "mysql",
    "nats", "nbdgm", "nbns", "ntp", "oracle", "postgresql", "radius", "redis", "rlogin", "rpc", "rsh", "snmp", "ssh", "stomp",
    "syslog", "tacacs", "tds", "tftp", "zabbix", "zmtp",
)  # fmt: skip
"""File names in this folder, in alphabetical order (a test holds the list to the folder)."""
