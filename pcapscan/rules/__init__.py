"""Rules out: the knowledge, or one finding, in the languages of others.

The door::

    LANGUAGES: tuple[str, ...]
    shipped(knowledge) -> list[Rule]
    of_finding(finding) -> Rule
    export(rules, language, knowledge=None) -> str      # one text; with the knowledge, suricata adds its reserved ports and zeek
                                                        # writes where protocols are at home in place of the rules' places
    SUFFIX: dict[str, str]                              # language to the ending of a file of it

A language that can't say what a rule says leaves the rule out. :meth:`Rule.fits` is the obvious twin of all queries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pcapscan.errors import UsageError
from pcapscan.knowledge import Knowledge
from pcapscan.rules import queries, sensors
from pcapscan.rules.model import Rule, of_finding, shipped

_ONE: dict[str, tuple[str, Callable[[Rule], str]]] = {
    "eql": ("// ", queries.eql),
    "esql": ("// ", queries.esql),
    "kql": ("// ", queries.kql_kibana),
    "kql-defender": ("// ", queries.kql_defender),
    "spl": ("", queries.spl),
    "bpf": ("# ", lambda r: sensors.bpf(r) + "\n"),
    "wireshark": ("# ", lambda r: sensors.wireshark(r) + "\n"),
}

LANGUAGES: tuple[str, ...] = ("sigma", "sigma-zeek", *_ONE, "suricata", "zeek", "navigator")
"""What :func:`export` writes."""


SUFFIX: dict[str, str] = {
    "sigma": "sigma.yml", "sigma-zeek": "sigma-zeek.yml", "eql": "eql", "esql": "esql", "kql": "kibana.kql", "kql-defender": "defender.kql",
    "spl": "spl", "bpf": "bpf.txt", "wireshark": "wireshark.txt", "suricata": "rules", "zeek": "zeek", "navigator": "navigator.json",
}  # fmt: skip


def export(rules: Sequence[Rule], language: str, knowledge: Knowledge | None = None) -> str:
    """Write rules in one language.

    Raises
    ------
    UsageError
        No such language.
    """
    if language in ("sigma", "sigma-zeek"):
        product = "zeek" if language == "sigma-zeek" else "windows"
        written = [
            text for r in rules for text in (queries.sigma(r, product), *([queries.sigma_repeated(r, product)] if r.repeats > 1 else []))
        ]
        return "---\n".join(written)
    if language == "suricata":
        taken: set[int] = set()
        lines = [line for r in rules for line in sensors.suricata(r, taken)]
        return "\n".join([*lines, *(sensors.suricata_reserved(knowledge) if knowledge else ())]) + "\n"
    if language == "navigator":
        return sensors.navigator(rules)
    if language == "zeek":
        return sensors.zeek_places(rules) if knowledge is None else sensors.zeek_ports(knowledge)
    if language not in _ONE:
        raise UsageError(f"no such rule language: {language}; known: {', '.join(LANGUAGES)}")
    mark, write = _ONE[language]
    if mark:
        return "\n".join(f"{mark}{r.title}: {r.why[:120]}\n{write(r)}" for r in rules)
    return "\n".join(write(r) for r in rules)


__all__ = ["LANGUAGES", "SUFFIX", "Rule", "export", "of_finding", "shipped"]
