# @TEST-DOC: What the site allows is neither logged nor noticed.
# @TEST-EXEC: zeek -C -r $CAPTURES/t1571-2-https-beacon-8088/capture.pcap $PACKAGE %INPUT
# @TEST-EXEC: touch pcapscan.log notice.log
# @TEST-EXEC: zeek-cut id.resp_p protocol verdict attempt < pcapscan.log | sort -u > verdicts
# @TEST-EXEC: zeek-cut note < notice.log | grep Pcapscan:: | sort -u > notices || true
# @TEST-EXEC: btest-diff verdicts
# @TEST-EXEC: btest-diff notices

redef Site::local_nets += { 10.0.0.0/8 };
redef Pcapscan::allowed += { ["tls", 0.0.0.0, 8088/tcp, Pcapscan::ANY] };
