"""The protocols that are known, one file each; :mod:`._contract` says what such a file is.

``MODULES`` is the one list of them. To add a protocol: its file, its line here, a line of port knowledge, a capture.
"""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "afp", "amqp", "ams", "bacnet", "bfd", "bgp", "bitcoin", "bittorrent", "c1222", "cassandra", "coap", "cpha", "dcerpc", "dhcp",
    "dhcpv6", "diameter", "dnp3", "dropbox", "egd", "elasticsearch", "enip", "finger", "fins", "fix", "giop", "git", "gnutella",
    "gtp", "h323", "hislip", "hsrp", "iax2", "iec104", "ike", "kafka", "kismet", "l2tp", "ldp", "megaco", "memcached", "mgcp",
    "modbus", "mongodb", "mqtt", "mysql", "nats", "nbd", "nbdgm", "nbns", "netflow", "ntp", "oicq", "opcua", "openflow", "openvpn",
    "oracle_tns", "pfcp", "postgresql", "pptp", "ptp", "radius", "raknet", "rdpudp", "redis", "rlogin", "rmcp", "rmi", "rpc", "rsh",
    "rsync", "rtmp", "rtp", "rtsp", "s7comm", "sbus", "sflow", "sip", "skinny", "slp", "smpp", "snmp", "ssdp", "ssh", "stomp",
    "stratum", "stun", "svn", "synphasor", "syslog", "tacacs", "tds", "teamviewer", "tftp", "thrift", "tivoconnect", "tls", "vnc",
    "whois", "wireguard", "ws_discovery", "x11", "zabbix", "zmtp",
)  # fmt: skip
"""File names in this folder, in alphabetical order (a test holds the list to the folder)."""
