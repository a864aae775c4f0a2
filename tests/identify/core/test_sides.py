"""Who spoke what: servers of another protocol, closed mouths, flows without a beginning."""

from pcapscan.tables import HEAD_GAP, HEAD_MIDSTREAM, UDP

REQUEST = b"GET / HTTP/1.1\r\nHost: www.example.com:8080\r\nUser-Agent: curl/8\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n\r\n"


def test_http_to_an_ssh_server_is_an_ssh_service(one):
    found = one(REQUEST, b"SSH-2.0-OpenSSH_9.6\r\n")
    assert (found["protocol"], found["orig"], found["resp"], found["basis"]) == ("ssh", "http", "ssh", "resp")


def test_tls_answered_by_http_is_an_http_service(one, tls_pair):
    found = one(tls_pair("TLSv1_2")[0][:400], b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n")
    assert (found["protocol"], found["orig"], found["resp"], found["basis"]) == ("http", "tls", "http", "resp")


def test_request_to_a_closed_mouth_is_an_attempt(one):
    found = one(REQUEST)
    assert (found["protocol"], found["basis"], found["server_name"]) == ("http", "orig", "www.example.com")


def test_request_answered_by_bytes_of_nothing_is_no_service(one):
    found = one(REQUEST, bytes(range(128, 200)))
    assert (found["protocol"], found["orig"], found["resp"]) == (None, "http", None)


def test_answer_that_begins_in_its_middle_contradicts_nobody(one):
    for flag in (HEAD_MIDSTREAM, HEAD_GAP):
        found = one(REQUEST, bytes(range(128, 200)), flags=(0, flag))
        assert (found["protocol"], found["basis"]) == ("http", "orig")


def test_midstream_is_said(one):
    assert one(b"rest of a body\r\n" + REQUEST, b"more\r\n" + ANSWER, sure=False, flags=(1, 1))["midstream"]


def test_known_originator_is_not_exchanged(one):
    assert one(ANSWER, REQUEST, sure=True)["protocol"] is None
    assert one(ANSWER, REQUEST, sure=False)["swap"]


def test_220_and_quit_alone_name_nothing(one):
    assert one(b"QUIT\r\n", b"220 welcome\r\n221 bye\r\n")["protocol"] is None


def test_user_and_pass_are_what_the_server_makes_of_them(one):
    login = b"USER bob\r\nPASS secret\r\n"
    assert one(login, b"220 ready\r\n331 password\r\n230 in\r\n")["protocol"] == "ftp"
    assert one(login, b"+OK POP3 ready\r\n+OK\r\n+OK\r\n")["protocol"] == "pop3"


def test_silent_flow_has_typed_absence(one):
    found = one(b"", b"")
    assert found["protocol"] is None and found["bits"] == 0 and found["basis"] == ""
    assert all(x != x for x in found["entropy"] + found["printable"])


def test_dns_over_any_port_needs_the_end_of_its_datagram(one, conversations):
    asked = conversations["query"]("www.example.com")
    assert one([asked], proto=UDP)["protocol"] == "dns"
    assert one([asked[:-6]], proto=UDP)["protocol"] is None


def test_facts_of_http(one):
    found = one(REQUEST, ANSWER)
    assert found["orig_facts"] == {"method": "GET", "host": "www.example.com:8080", "user_agent": "curl/8"}
    assert found["resp_facts"] == {"status": 200, "server": "nginx", "content_type": "text/html"}
