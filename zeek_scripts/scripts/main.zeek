##! Says of every connection whether what it spoke belongs on its port, by the verdicts and the knowledge of pcapscan.
##!
##! Judged when a connection ends, from what Zeek's analyzers confirmed (never by port): ``expected``, ``unexpected_port`` (a known
##! protocol, an odd port), ``wrong_protocol`` (another protocol on a reserved port), ``unknown_on_reserved`` (bytes of no
##! known protocol there), ``unknown``, ``none`` (nothing was said). What is odd goes to pcapscan.log, and raises a notice.

@load base/frameworks/notice
@load base/protocols/conn
@load ./ports
@load ./campaigns

module Pcapscan;

export {
	## The log of verdicts: pcapscan.log.
	redef enum Log::ID += { LOG };

	redef enum Notice::Type += {
		## A known protocol on a port where it is not at home, and that belongs to no other.
		Unexpected_Port,
		## A known protocol on a port that is reserved for another one.
		Wrong_Protocol,
		## Bytes of no known protocol on a reserved port.
		Unknown_On_Reserved,
	};

	## From which side a connection was begun, seen from :zeek:see:`Site::local_nets`.
	type Direction: enum {
		## From outside to a local host.
		INBOUND,
		## From a local host to outside.
		OUTBOUND,
		## Between local hosts, between outside ones, or where no local networks are set.
		INTERNAL,
		## Any of these (in :zeek:see:`Pcapscan::allowed`).
		ANY,
	};

	## One row of pcapscan.log.
	type Info: record {
		## When the connection began.
		ts: time &log;
		## Its uid, as in conn.log.
		uid: string &log;
		## Its endpoints.
		id: conn_id &log;
		## Its transport.
		proto: transport_proto &log;
		## What Zeek's analyzers confirmed, as in conn.log.
		service: string &log &optional;
		## The protocol that was spoken, by pcapscan's name.
		protocol: string &log &optional;
		## The verdict, in pcapscan's words.
		verdict: string &log;
		## Where that protocol is at home.
		expected_ports: vector of string &log;
		## The protocols that belong on this port.
		belongs: vector of string &log;
		## Whether only one side spoke: somebody tried, nothing is known to be served.
		attempt: bool &log;
		## Who used this protocol on this port, in public reports.
		campaigns: vector of string &log;
		## Bytes of payload, both sides together.
		bytes: count &log;
	};

	## What a site knows to be right: protocol (``*`` any; ``?`` bytes of no known protocol), responder (``0.0.0.0`` any), its port
	## (``0/tcp`` or ``0/udp`` any), direction. Nothing is logged or noticed of what stands here.
	option allowed: set[string, addr, port, Direction] = set() &redef;

	## Payload of both sides together (bytes) from which silence about a protocol on a reserved port means something.
	option min_bytes: count = 12 &redef;

	## The same where only one side spoke (bytes): more than a scanner's probe.
	option min_bytes_one_way: count = 256 &redef;

	## Whether connections without an odd verdict are logged too.
	option log_expected: bool = F &redef;

	## Whether one-sided speech raises notices (it is logged in any case).
	option notice_attempts: bool = F &redef;

	## How long one notice about the same originator, place and protocol keeps others back (interval).
	option notice_interval: interval = 1day &redef;

	## The verdict about a connection; an :zeek:see:`Pcapscan::Info` that is not logged yet.
	global judge: function(c: connection): Info;

	## Raised before a row is written.
	global log_pcapscan: event(rec: Info);
}

event zeek_init() &priority=5
	{
	Log::create_stream(LOG, [$columns=Info, $ev=log_pcapscan, $path="pcapscan"]);
	}

function within(ranges: table[string] of vector of PortRange, name: string, p: port): bool
	{
	if ( name !in ranges )
		return F;

	for ( i in ranges[name] )
		{
		local r = ranges[name][i];

		if ( get_port_transport_proto(r$first) == get_port_transport_proto(p) && port_to_count(r$first) <= port_to_count(p) && port_to_count(p) <= port_to_count(r$last) )
			return T;
		}

	return F;
	}

function at_home(name: string, p: port): bool
	{
	return ( name in expected_ports && p in expected_ports[name] ) || within(expected_ranges, name, p);
	}

function direction(id: conn_id): Direction
	{
	local from_here = Site::is_local_addr(id$orig_h);
	local to_here = Site::is_local_addr(id$resp_h);

	if ( from_here == to_here )
		return INTERNAL;

	return from_here ? OUTBOUND : INBOUND;
	}

function is_allowed(name: string, id: conn_id): bool
	{
	local any_port = get_port_transport_proto(id$resp_p) == udp ? 0/udp : 0/tcp;
	local names: set[string] = set(name, "*");
	local hosts: set[addr] = set(id$resp_h, 0.0.0.0);
	local ports: set[port] = set(id$resp_p, any_port);
	local ways: set[Direction] = set(direction(id), ANY);

	for ( n in names )
		for ( h in hosts )
			for ( p in ports )
				for ( w in ways )
					if ( [n, h, p, w] in allowed )
						return T;

	return F;
	}

function sorted_ports(name: string, proto: transport_proto): vector of string
	{
	local numbers: vector of count = vector();

	if ( name in expected_ports )
		for ( p in expected_ports[name] )
			if ( get_port_transport_proto(p) == proto )
				numbers += port_to_count(p);

	sort(numbers, function(a: count, b: count): int
		{
		return a < b ? -1 : ( a > b ? 1 : 0 );
		});

	local answer: vector of string = vector();

	for ( i in numbers )
		answer += cat(numbers[i]);

	return answer;
	}

function sorted_names(names: set[string]): vector of string
	{
	local answer: vector of string = vector();

	for ( n in names )
		answer += n;

	sort(answer, strcmp);
	return answer;
	}

function judge(c: connection): Info
	{
	local p = c$id$resp_p;
	local proto = get_port_transport_proto(p);
	local services: set[string] = set();
	local spoken: set[string] = set();

	for ( s in c$service )
		{
		if ( s == "" || s[0] == "-" )
			next;

		local word = to_lower(s);
		add services[word];

		if ( word in protocol_names )
			add spoken[word == "ssl" && proto == udp ? "dtls" : protocol_names[word]];
		else
			add spoken[word];
		}

	# The outermost service is what is offered; TLS and HTTP lie inside of others.
	local name = "";

	for ( i in spoken )
		{
		if ( name == "" || name == "tls" || ( name == "http" && i != "tls" ) || ( i != "tls" && i != "http" && strcmp(i, name) < 0 ) )
			name = i;
		}

	if ( name == "dns" && p in dns_dialects )
		name = dns_dialects[p];

	local info = Info($ts=c$start_time, $uid=c$uid, $id=c$id, $proto=proto, $verdict="none", $expected_ports=sorted_ports(name, proto),
	    $belongs=vector(), $attempt=c$orig$size == 0 || c$resp$size == 0, $campaigns=vector(), $bytes=c$orig$size + c$resp$size);

	if ( |services| > 0 )
		info$service = join_string_vec(sorted_names(services), ",");

	if ( p in reserved_ports )
		info$belongs = sorted_names(reserved_ports[p]);

	local key = name == "" ? "?" : name;

	if ( name != "" )
		{
		info$protocol = name;

		local homeless = name !in expected_ports && name !in expected_ranges && name !in anywhere_ranges;

		if ( at_home(name, p) || ( name in symmetric && at_home(name, c$id$orig_p) ) )
			info$verdict = "expected";
		else if ( p in reserved_ports )
			info$verdict = "wrong_protocol";
		else if ( homeless || ( within(anywhere_ranges, name, p) && ! ( name in answered && info$attempt ) ) )
			info$verdict = "expected";
		else
			info$verdict = "unexpected_port";
		}
	else if ( info$bytes > 0 )
		{
		info$verdict = "unknown";

		# A TCP connection whose beginning was not seen is not accused.
		local begun = proto != tcp || ( c?$history && /[Ss]/ in c$history );
		local enough = info$bytes >= ( info$attempt ? min_bytes_one_way : min_bytes );

		if ( p in judged_ports && begun && enough )
			info$verdict = "unknown_on_reserved";
		}

	for ( k in set(key, "*") )
		if ( [k, p] in campaigns )
			for ( who in campaigns[k, p] )
				info$campaigns += who;

	return info;
	}

event connection_state_remove(c: connection) &priority=-5
	{
	if ( get_port_transport_proto(c$id$resp_p) !in set(tcp, udp) )
		return;

	local info = judge(c);
	local odd = info$verdict in set("unexpected_port", "wrong_protocol", "unknown_on_reserved");
	local name = info?$protocol ? info$protocol : "?";

	if ( ( ! odd && ! log_expected ) || is_allowed(name, c$id) )
		return;

	Log::write(LOG, info);

	if ( ! odd || ( info$attempt && ! notice_attempts ) )
		return;

	local note = Unexpected_Port;
	local msg = fmt("%s on %s, expected on %s", name, c$id$resp_p, join_string_vec(info$expected_ports, ", "));

	if ( info$verdict == "wrong_protocol" )
		{
		note = Wrong_Protocol;
		msg = fmt("%s on %s, which belongs to %s", name, c$id$resp_p, join_string_vec(info$belongs, ", "));
		}
	else if ( info$verdict == "unknown_on_reserved" )
		{
		note = Unknown_On_Reserved;
		msg = fmt("%d bytes of no known protocol on %s, which belongs to %s", info$bytes, c$id$resp_p, join_string_vec(info$belongs, ", "));
		}

	local sub = |info$campaigns| > 0 ? "as used by " + join_string_vec(info$campaigns, ", ") : "";
	NOTICE([$note=note, $conn=c, $msg=msg, $sub=sub, $suppress_for=notice_interval, $identifier=cat(c$id$orig_h, c$id$resp_h, c$id$resp_p,
	    name)]);
	}
