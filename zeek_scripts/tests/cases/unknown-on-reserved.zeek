# @TEST-DOC: Raw bytes on 443: no known protocol on a port that belongs to TLS.
# @TEST-EXEC: zeek -C -r $CAPTURES/raw-on-443/capture.pcap $PACKAGE %INPUT
# @TEST-EXEC: touch pcapscan.log notice.log
# @TEST-EXEC: zeek-cut id.resp_p protocol verdict attempt < pcapscan.log | sort -u > verdicts
# @TEST-EXEC: zeek-cut note < notice.log | grep Pcapscan:: | sort -u > notices || true
# @TEST-EXEC: btest-diff verdicts
# @TEST-EXEC: btest-diff notices

redef Site::local_nets += { 10.0.0.0/8 };

