"""The protocols that are known, one file each; :mod:`._contract` says what such a file is.

``MODULES`` is the one list of them. To add a protocol: its file, its line here, a line of port knowledge, a capture.
"""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "amqp", "bacnet", "bfd", "bgp", "bitcoin", "bittorrent", "cassandra", "coap", "dcerpc", "dhcp", "dhcpv6", "diameter", "dnp3",
    "elasticsearch", "enip", "git", "h323", "iax2", "iec104", "ike", "kafka", "l2tp", "ldp", "memcached", "modbus", "mongodb",
    "mqtt", "mysql", "nats", "nbd", "nbdgm", "nbns", "netflow", "ntp", "opcua", "openvpn", "oracle_tns", "postgresql", "pptp",
    "ptp", "radius", "redis", "rlogin", "rpc", "rsh", "rsync", "rtmp", "rtp", "rtsp", "s7comm", "sflow", "sip", "skinny", "slp",
    "snmp", "ssdp", "ssh", "stomp", "stratum", "stun", "svn", "syslog", "tacacs", "tds", "teamviewer", "tftp", "tls", "vnc",
    "wireguard", "ws_discovery", "x11", "zabbix", "zmtp",
)  # fmt: skip
"""File names in this folder, in alphabetical order (a test holds the list to the folder)."""
