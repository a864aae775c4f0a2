##! Where protocols are at home, and which ports belong to one.
##!
##! Generated from pcapscan's knowledge by ``pcapscan knowledge zeek``. Do not edit: redefine what a site needs to differ.

module Pcapscan;

export {
	## A closed range of ports of one transport.
	type PortRange: record {
		first: port;
		last: port;
	};

	## Zeek's word of ``service``, in lower case, to the name of the protocol.
	const protocol_names: table[string] of string = {
		["dce_rpc"] = "dcerpc",
		["dcerpc"] = "dcerpc",
		["dhcp"] = "dhcp",
		["dnp3"] = "dnp3",
		["dnp3_tcp"] = "dnp3",
		["dnp3_udp"] = "dnp3",
		["dns"] = "dns",
		["dtls"] = "dtls",
		["ftp"] = "ftp",
		["http"] = "http",
		["imap"] = "imap",
		["irc"] = "irc",
		["kerberos"] = "kerberos",
		["krb"] = "kerberos",
		["krb_tcp"] = "kerberos",
		["krb_udp"] = "kerberos",
		["ldap"] = "ldap",
		["ldap_tcp"] = "ldap",
		["ldap_udp"] = "ldap",
		["llmnr"] = "llmnr",
		["mdns"] = "mdns",
		["modbus"] = "modbus",
		["mqtt"] = "mqtt",
		["mysql"] = "mysql",
		["nbns"] = "nbns",
		["ntp"] = "ntp",
		["pop3"] = "pop3",
		["postgres"] = "postgresql",
		["postgresql"] = "postgresql",
		["quic"] = "quic",
		["radius"] = "radius",
		["rdp"] = "rdp",
		["rdpeudp"] = "rdpudp",
		["rdpudp"] = "rdpudp",
		["redis"] = "redis",
		["rfb"] = "vnc",
		["sip"] = "sip",
		["smb"] = "smb",
		["smtp"] = "smtp",
		["snmp"] = "snmp",
		["socks"] = "socks",
		["spicy_ldap_tcp"] = "ldap",
		["spicy_ldap_udp"] = "ldap",
		["spicy_quic"] = "quic",
		["spicy_redis"] = "redis",
		["ssh"] = "ssh",
		["ssl"] = "tls",
		["syslog"] = "syslog",
		["tls"] = "tls",
		["vnc"] = "vnc",
		["websocket"] = "websocket",
		["xmpp"] = "xmpp",
	} &redef;

	## What Zeek's ``dns`` is on these ports: dialects of one format.
	const dns_dialects: table[port] of string = {
		[5353/udp] = "mdns",
		[5355/udp] = "llmnr",
		[137/udp] = "nbns",
	} &redef;

	## Ports where a protocol is at home.
	const expected_ports: table[string] of set[port] = {
		["tls"] = set(443/tcp, 465/tcp, 563/tcp, 636/tcp, 853/tcp, 989/tcp, 990/tcp, 992/tcp, 993/tcp, 994/tcp, 995/tcp, 1433/tcp, 2376/tcp, 2484/tcp, 3269/tcp, 5061/tcp, 5349/tcp, 5432/tcp, 5671/tcp, 5986/tcp, 6443/tcp, 6514/tcp, 6697/tcp, 8883/tcp, 10250/tcp, 16993/tcp, 27017/tcp),
		["dtls"] = set(443/udp, 2083/udp, 4433/udp, 5061/udp, 5349/udp, 5684/udp, 10161/udp, 10162/udp),
		["http"] = set(80/tcp, 280/tcp, 591/tcp, 593/tcp, 631/tcp, 2375/tcp, 2379/tcp, 2869/tcp, 3128/tcp, 5357/tcp, 5984/tcp, 5985/tcp, 7547/tcp, 9200/tcp, 11371/tcp, 15672/tcp, 16992/tcp, 47001/tcp),
		["ssh"] = set(22/tcp, 830/tcp),
		["smtp"] = set(25/tcp, 587/tcp),
		["ftp"] = set(21/tcp, 2811/tcp),
		["irc"] = set(194/tcp, 6660/tcp, 6661/tcp, 6662/tcp, 6663/tcp, 6664/tcp, 6665/tcp, 6666/tcp, 6667/tcp, 6668/tcp, 6669/tcp, 7000/tcp, 7070/tcp),
		["pop3"] = set(110/tcp),
		["imap"] = set(143/tcp),
		["dns"] = set(53/tcp, 53/udp),
		["ntp"] = set(123/udp),
		["rdp"] = set(3389/tcp),
		["rdpudp"] = set(3389/udp),
		["smb"] = set(139/tcp, 445/tcp),
		["dcerpc"] = set(135/tcp, 593/tcp, 135/udp),
		["kerberos"] = set(88/tcp, 464/tcp, 88/udp, 464/udp),
		["ldap"] = set(389/tcp, 3268/tcp, 389/udp),
		["mysql"] = set(3306/tcp, 33060/tcp),
		["postgresql"] = set(5432/tcp, 5433/tcp, 6432/tcp),
		["redis"] = set(6379/tcp, 6380/tcp, 16379/tcp, 26379/tcp),
		["mqtt"] = set(1883/tcp),
		["modbus"] = set(502/tcp, 502/udp),
		["dnp3"] = set(20000/tcp, 20000/udp),
		["sip"] = set(5060/tcp, 5062/tcp, 5080/tcp, 5060/udp, 5062/udp, 5080/udp),
		["snmp"] = set(161/tcp, 162/tcp, 161/udp, 162/udp, 10161/udp, 10162/udp),
		["socks"] = set(1080/tcp, 9050/tcp, 9150/tcp),
		["syslog"] = set(514/tcp, 601/tcp, 1514/tcp, 6514/tcp, 514/udp, 1514/udp),
		["radius"] = set(1645/udp, 1646/udp, 1812/udp, 1813/udp, 3799/udp),
		["vnc"] = set(5500/tcp, 5800/tcp, 5900/tcp, 5900/udp),
		["quic"] = set(443/udp, 853/udp),
		["websocket"] = set(80/tcp),
		["xmpp"] = set(5222/tcp, 5269/tcp, 5280/tcp, 5298/tcp),
		["dhcp"] = set(67/udp, 68/udp, 4011/udp),
		["mdns"] = set(5353/tcp, 5353/udp),
		["llmnr"] = set(5355/tcp, 5355/udp),
		["nbns"] = set(137/udp),
	} &redef;

	## Ranges of ports where a protocol is at home.
	const expected_ranges: table[string] of vector of PortRange = {
		["vnc"] = vector(PortRange($first=5901/tcp, $last=5999/tcp)),
	} &redef;

	## Ranges of ports that a protocol negotiates at run time: never unexpected there.
	const anywhere_ranges: table[string] of vector of PortRange = {
		["dtls"] = vector(PortRange($first=1024/udp, $last=65535/udp)),
		["dcerpc"] = vector(PortRange($first=1025/tcp, $last=5000/tcp), PortRange($first=49152/tcp, $last=65535/tcp), PortRange($first=1025/udp, $last=5000/udp), PortRange($first=49152/udp, $last=65535/udp)),
	} &redef;

	## Protocols that negotiate ports with an answer: a request that stays alone is judged by its port.
	const answered: set[string] = {  } &redef;

	## Protocols whose both ends may hold the well-known port.
	const symmetric: set[string] = { "dtls", "ntp", "sip", "snmp", "syslog", "dhcp", "mdns", "llmnr", "nbns" } &redef;

	## Ports on which only these protocols belong.
	const reserved_ports: table[port] of set[string] = {
		[20/tcp] = set("ftp-data"),
		[21/tcp] = set("ftp"),
		[22/tcp] = set("ssh"),
		[23/tcp] = set("telnet"),
		[25/tcp] = set("smtp"),
		[43/tcp] = set("whois"),
		[49/tcp] = set("tacacs"),
		[53/tcp] = set("dns"),
		[80/tcp] = set("http", "http2", "websocket"),
		[88/tcp] = set("kerberos"),
		[102/tcp] = set("s7comm"),
		[110/tcp] = set("pop3"),
		[111/tcp] = set("rpc"),
		[119/tcp] = set("nntp"),
		[135/tcp] = set("dcerpc"),
		[139/tcp] = set("smb"),
		[143/tcp] = set("imap"),
		[179/tcp] = set("bgp"),
		[389/tcp] = set("ldap"),
		[443/tcp] = set("tls", "dnscrypt"),
		[445/tcp] = set("smb"),
		[465/tcp] = set("tls"),
		[502/tcp] = set("modbus"),
		[513/tcp] = set("rlogin"),
		[515/tcp] = set("lpd"),
		[554/tcp] = set("rtsp"),
		[563/tcp] = set("tls"),
		[587/tcp] = set("smtp"),
		[636/tcp] = set("tls"),
		[853/tcp] = set("tls"),
		[873/tcp] = set("rsync"),
		[989/tcp] = set("tls"),
		[990/tcp] = set("tls"),
		[993/tcp] = set("tls"),
		[995/tcp] = set("tls"),
		[1433/tcp] = set("tds", "tls"),
		[1521/tcp] = set("oracle-tns"),
		[3306/tcp] = set("mysql"),
		[3389/tcp] = set("rdp"),
		[5432/tcp] = set("postgresql", "tls"),
		[5900/tcp] = set("vnc"),
		[5985/tcp] = set("http", "vnc"),
		[53/udp] = set("dns"),
		[67/udp] = set("dhcp"),
		[68/udp] = set("dhcp"),
		[69/udp] = set("tftp"),
		[88/udp] = set("kerberos"),
		[123/udp] = set("ntp"),
		[137/udp] = set("nbns"),
		[138/udp] = set("nbdgm"),
		[161/udp] = set("snmp"),
		[162/udp] = set("snmp"),
		[443/udp] = set("dtls", "quic", "dnscrypt"),
		[500/udp] = set("ike"),
		[1900/udp] = set("ssdp"),
		[5353/udp] = set("mdns", "dnscrypt"),
		[5355/udp] = set("llmnr"),
		[5900/udp] = set("vnc"),
	} &redef;

	## Reserved ports all of whose protocols Zeek can name: no ``service`` there means something.
	const judged_ports: set[port] = {
		21/tcp,
		22/tcp,
		25/tcp,
		53/tcp,
		80/tcp,
		88/tcp,
		110/tcp,
		135/tcp,
		139/tcp,
		143/tcp,
		389/tcp,
		443/tcp,
		445/tcp,
		465/tcp,
		502/tcp,
		563/tcp,
		587/tcp,
		636/tcp,
		853/tcp,
		989/tcp,
		990/tcp,
		993/tcp,
		995/tcp,
		3306/tcp,
		3389/tcp,
		5432/tcp,
		5900/tcp,
		5985/tcp,
		53/udp,
		67/udp,
		68/udp,
		88/udp,
		123/udp,
		137/udp,
		161/udp,
		162/udp,
		500/udp,
		5353/udp,
		5355/udp,
		5900/udp,
	} &redef;
}
