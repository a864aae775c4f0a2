"""The protocols that are known, one file each; :mod:`._contract` says what such a file is.

``MODULES`` is the one list of them. To add a protocol: its file, its line here, a line of port knowledge, a capture.
"""

from __future__ import annotations

MODULES: tuple[str, ...] = (
    "afp", "ajp", "amqp", "ams", "ayiya", "bacnet", "beanstalkd", "bfcp", "bfd", "bgp", "bitcoin", "bittorrent", "c1222", "capwap",
    "cassandra", "coap", "collectd", "cpha", "dcerpc", "dhcp", "dhcpv6", "diameter", "dicom", "dnp3", "dns", "doip", "dropbox",
    "dtls", "egd", "elasticsearch", "enip", "ethereum", "fastcgi", "finger", "fins", "fix", "ftp", "ftp_data", "gearman", "geneve", "giop",
    "git", "gnutella", "graphite", "gtp", "h323", "hart_ip", "hislip", "hl7", "hsrp", "http", "http2", "iax2", "iec104", "ike",
    "imap", "irc", "iscsi", "jetdirect", "json_rpc", "kafka", "kerberos", "kismet", "l2tp", "ldap", "ldp", "llmnr", "lmtp", "lpd",
    "m3ua", "mdns", "megaco", "memcached", "mgcp", "minecraft", "modbus", "mongodb", "mqtt", "mumble", "munin", "mysql", "nat_pmp",
    "nats", "nbd", "nbdgm", "nbns", "netflow", "nntp", "ntp", "oicq", "opcua", "openflow", "openvpn", "oracle_tns", "pfcp", "pop3",
    "postgresql", "pptp", "ptp", "quic", "radius", "raknet", "rdp", "rdpudp", "redis", "rlogin", "rmcp", "rmi", "rpc", "rsh",
    "rsync", "rtmp", "rtp", "rtsp", "s1ap", "s7comm", "sbus", "sflow", "sip", "skinny", "slp", "smb", "smpp", "smtp", "snmp",
    "socks", "someip", "ssdp", "ssh", "statsd", "steam", "stomp", "stratum", "stun", "svn", "synphasor", "syslog", "tacacs", "tds",
    "teamspeak", "teamviewer", "telnet", "teredo", "tftp", "thrift", "tivoconnect", "tls", "vnc", "vxlan", "websocket", "whois",
    "wireguard", "ws_discovery", "x11", "xdmcp", "xmpp", "zabbix", "zmtp",
)  # fmt: skip
"""File names in this folder, in alphabetical order (a test holds the list to the folder)."""
