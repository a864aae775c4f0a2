import runpy
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def conversations():
    return runpy.run_path(str(Path(__file__).parent / "conversations.py"))


@pytest.fixture(scope="session")
def tls_pair(conversations, tmp_path_factory):
    """``tls_pair("TLSv1_2")``: what both sides of a real handshake send."""
    import ssl

    folder = tmp_path_factory.mktemp("tls")
    return lambda version, **options: conversations["handshake"](folder, getattr(ssl.TLSVersion, version), **options)


@pytest.fixture(scope="session")
def one():
    """Identify one flow, as a dict of its row with names for numbers."""
    from pcapscan.identify import heads_of, identify
    from pcapscan.tables import BASES, FAKES, TCP

    def run(orig, resp=b"", proto=TCP, sure=True, flags=(0, 0)):
        t = identify(heads_of([(orig, resp)], proto, sure, flags))

        def name(i):
            return t.names[i] if i >= 0 else None

        return {
            "protocol": name(t.protocol[0]), "orig": name(t.orig_protocol[0]), "resp": name(t.resp_protocol[0]), "basis": BASES[t.basis[0]],
            "bits": int(t.bits[0]), "fake": FAKES[t.fake[0]], "upgraded": name(t.upgraded[0]), "swap": bool(t.swap[0]), "shell": bool(t.shell[0]),
            "midstream": bool(t.midstream[0]), "server_name": t.strings[t.server_name[0]] if t.server_name[0] >= 0 else None,
            "orig_facts": t.facts[t.orig_facts[0]] if t.orig_facts[0] >= 0 else {}, "resp_facts": t.facts[t.resp_facts[0]] if t.resp_facts[0] >= 0 else {},
            "entropy": (float(t.orig_entropy[0]), float(t.resp_entropy[0])), "printable": (float(t.orig_printable[0]), float(t.resp_printable[0])),
        }  # fmt: skip

    return run
