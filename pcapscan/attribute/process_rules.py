"""The rules of process risk: tiers, modifiers and suppressions, read from ``processes.toml`` and held against a program at a place.

The shipped file lies beside this one; a file of that name in a user's folder of knowledge is laid over it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from pcapscan.errors import KnowledgeError
from pcapscan.tables import TRANSPORTS

SHIPPED = Path(__file__).parent / "processes.toml"
PLACES = ("public", "private", "loopback", "multicast")
_EFFECTS = ("suppress", "acquit", "points")
_TIER_KEYS = {"id", "points", "standalone", "text", "source", "name", "parent", "path", "not_path", "args", "ports_not", "below", "place",
              "renamed"}  # fmt: skip
_SUPPRESS_KEYS = {"id", "name", "not_name", "path", "not_path", "signer", "signer_unknown", "port", "proto", "place", "address", "protocol",
                  "named", "list", "common", "effect", "points", "otherwise", "text", "source"}  # fmt: skip


class Spot(Struct, frozen=True):
    """Where a process went, and what else the evidence tells of that.

    Attributes
    ----------
    port : int
        The service's; 0 where the process is the server.
    place : str
        Word of :data:`PLACES`.
    protocol : str
        Canonical name; empty where nothing was recognised.
    server_name : str or None
    raw : bool
        The host's questions are known, and none gave this address.
    signed : int
        1 trusted, 0 absent or not trusted, -1 not known.
    peers : int
        Hosts whose process of that name goes to that port.
    original_name : str or None
        As the program was built.
    authorized : bool
        Inside a window of the configuration.
    """

    port: int
    place: str = "public"
    proto: int = 6
    address: str = ""
    protocol: str = ""
    server_name: str | None = None
    fresh: bool = False
    raw: bool = False
    many: bool = False
    signed: int = -1
    signer: str | None = None
    peers: int = 1
    original_name: str | None = None
    authorized: bool = False


def _lies(path: str, there: re.Pattern[str] | None, elsewhere: re.Pattern[str] | None) -> bool:
    """Whether a path is as the one pattern says and not as the other; an absent one says nothing."""
    return (there is None or there.search(path) is not None) and (elsewhere is None or elsewhere.search(path) is None)


class Tier(Struct, frozen=True):
    """One rule; absent conditions hold."""

    id: str
    points: float
    standalone: bool
    text: str
    names: frozenset[str]
    parents: frozenset[str]
    path: re.Pattern[str] | None
    not_path: re.Pattern[str] | None
    args: re.Pattern[str] | None
    ports_not: frozenset[int]
    below: int
    places: frozenset[str] = frozenset()
    renamed: bool = False

    def holds(self, path: str, command: str | None, parent: str | None, spot: Spot) -> bool:
        """Whether a process at a place is of this tier."""
        if self.names and program(path) not in self.names:
            return False
        if not _lies(path, self.path, self.not_path):
            return False
        if self.parents and (parent is None or program(parent) not in self.parents):
            return False
        if self.args is not None and (command is None or not self.args.search(command.lower())):
            return False
        if self.places and spot.place not in self.places:
            return False
        if self.renamed and not _renamed(path, spot.original_name):
            return False
        return spot.port not in self.ports_not and spot.port < self.below


class Excuse(Struct, frozen=True):
    """One suppression; absent conditions hold."""

    id: str
    effect: str
    points: float
    otherwise: float
    text: str
    names: frozenset[str]
    not_names: frozenset[str]
    path: re.Pattern[str] | None
    not_path: re.Pattern[str] | None
    signer: re.Pattern[str] | None
    signer_unknown: bool
    ports: tuple[tuple[int, int], ...]
    proto: str
    places: frozenset[str]
    addresses: frozenset[str]
    protocols: frozenset[str]
    named: bool
    list: str
    common: int

    def fits(self, path: str, spot: Spot) -> bool:
        """Whether program and place are what the rule speaks of, its list aside."""
        name = program(path)
        if (self.names and name not in self.names) or name in self.not_names:
            return False
        if not _lies(path, self.path, self.not_path):
            return False
        if self.signer is not None and not (spot.signed == 1 and spot.signer and self.signer.search(spot.signer)):
            return False
        if self.signer_unknown and spot.signed != -1:
            return False
        if self.ports and not any(low <= spot.port <= high for low, high in self.ports):
            return False
        if self.proto and TRANSPORTS.get(spot.proto) != self.proto:
            return False
        if (self.places and spot.place not in self.places) or (self.addresses and spot.address not in self.addresses):
            return False
        if self.protocols and spot.protocol not in self.protocols:
            return False
        return not self.named or bool(spot.server_name)


class Window(Struct, frozen=True):
    """When, from where and to where scanning was authorised."""

    start_ns: int
    end_ns: int
    sources: tuple[IPv4Network | IPv6Network, ...]
    targets: tuple[IPv4Network | IPv6Network, ...]


class Rules(Struct, frozen=True):
    """Tiers, the most points first; modifiers by their condition; suppressions in the order of the file; the lists they ask for."""

    tiers: tuple[Tier, ...]
    modifiers: dict[str, tuple[float, str]]
    excuses: tuple[Excuse, ...] = ()
    lists: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()

    def listed(self, excuse: Excuse, spot: Spot) -> bool:
        """Whether the place is on the list that a suppression asks for."""
        if not excuse.list or (excuse.common and spot.peers > excuse.common):
            return True
        if excuse.list == "authorized":
            return spot.authorized
        entries = self.lists.get(excuse.list, ())
        if excuse.list == "rdp_ports":
            return spot.port in entries
        return any(is_listed(str(entry), spot) for entry in entries)


def program(path: str) -> str:
    r"""Name of a program, lower case, without folder and ``.exe``.

    >>> program("C:\\Windows\\System32\\CMD.EXE")
    'cmd'
    """
    return re.split(r"[\\/]", path.lower())[-1].removesuffix(".exe")


def _renamed(path: str, original: str | None) -> bool:
    """Whether a program bears another name than the system program or tool it was built as; setups and versions are no other name."""
    if not original:
        return False
    built = program(original).removesuffix(".mui").removesuffix(".dll")
    return built in _WATCHED and program(path) != built


_WATCHED = frozenset(
    {"powershell", "pwsh", "cmd", "wscript", "cscript", "mshta", "regsvr32", "rundll32", "certutil", "bitsadmin", "msiexec", "wmic",
     "psexec", "plink", "procdump", "ncat", "nc", "msbuild", "installutil", "cmstp", "reg", "net", "schtasks"}
)  # fmt: skip
"""Names whose renaming says something; the 7-Zips and setups of the world are renamed every day."""


def is_listed(entry: str, spot: Spot) -> bool:
    """Whether a place is what an entry of a list names: a network, or a server's name and all below it."""
    try:
        net = ip_network(entry, strict=False)
    except ValueError:
        name, bare = (spot.server_name or "").lower().rstrip("."), entry.lower().lstrip("*").lstrip(".")
        return name == bare or name.endswith("." + bare)
    return bool(spot.address) and ip_address(spot.address) in net


def load_rules(path: Path = SHIPPED, overlays: Sequence[Path] = ()) -> Rules:
    """Read the rules; a wrong one is named.

    Parameters
    ----------
    path : Path
    overlays : sequence of Path
        Folders of the user's knowledge: ``processes.toml`` in one is laid over, entry by entry; lists are added to.
    """
    files = [path, *(p for p in (o if o.name == SHIPPED.name else o / SHIPPED.name for o in overlays) if p.is_file())]
    entries: dict[str, dict[str, Any]] = {"tier": {}, "modifier": {}, "suppress": {}}
    lists: dict[str, tuple[Any, ...]] = {}
    windows: list[Window] = []
    for file in files:
        text = _parsed(file)
        for kind, read in (("tier", _tier), ("modifier", _modifier), ("suppress", _excuse)):
            found = text.get(kind, [])
            if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
                raise KnowledgeError(str(file), kind, "", f"tables are expected: [[{kind}]]")
            for entry in found:
                try:
                    entries[kind][str(entry.get("id"))] = read(file, entry)
                except (TypeError, ValueError) as error:
                    raise KnowledgeError(str(file), kind, "", f"{entry.get('id', '?')}: {error}") from None
        for name, values in text.get("lists", {}).items():
            if not isinstance(values, list):
                raise KnowledgeError(str(file), "lists", name, "a list is expected")
            lists[name] = (*lists.get(name, ()), *values)
        windows += [_window(file, entry) for entry in text.get("authorized", [])]
    asked = {e.list for e in entries["suppress"].values()} - {"", "authorized"}
    if asked - lists.keys():
        raise KnowledgeError(str(files[-1]), "lists", sorted(asked - lists.keys())[0], "is asked for, but there is no such list")
    tiers = tuple(sorted(entries["tier"].values(), key=lambda t: -t.points))
    return Rules(tiers, dict(entries["modifier"].values()), tuple(entries["suppress"].values()), lists, tuple(windows))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        text = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnowledgeError(str(path), "", "", str(error)) from None
    for name, kind in (("lists", dict), ("authorized", list)):
        if not isinstance(text.get(name, kind()), kind):
            raise KnowledgeError(str(path), name, "", "a table is expected here" if kind is dict else "tables are expected: [[authorized]]")
    unknown = text.keys() - {"tier", "modifier", "suppress", "lists", "authorized"}
    if unknown:
        raise KnowledgeError(str(path), sorted(unknown)[0], "", "no such table here")
    return text


def _checked(path: Path, table: str, entry: dict[str, Any], needed: Sequence[str], known: set[str]) -> dict[str, Any]:
    for key in needed:
        if key not in entry:
            raise KnowledgeError(str(path), table, key, f"is missing in {entry.get('id', '?')}")
    for key in entry.keys() - known:
        raise KnowledgeError(str(path), table, key, f"{entry['id']}: no such key")
    patterns = {}
    for key in ("path", "not_path", "args", "signer"):
        try:
            patterns[key] = re.compile(entry[key]) if key in entry else None
        except (re.error, TypeError) as error:
            raise KnowledgeError(str(path), table, key, f"{entry['id']}: {error}") from None
    for word in entry.get("place", ()):
        if word not in PLACES:
            raise KnowledgeError(str(path), table, "place", f"{entry['id']}: {word!r} is none of {', '.join(PLACES)}")
    return patterns


def _tier(path: Path, entry: dict[str, Any]) -> Tier:
    patterns = _checked(path, "tier", entry, ("id", "points", "text", "source"), _TIER_KEYS)
    return Tier(
        entry["id"], float(entry["points"]), bool(entry.get("standalone")), entry["text"], frozenset(entry.get("name", ())),
        frozenset(entry.get("parent", ())), patterns["path"], patterns["not_path"], patterns["args"],
        frozenset(entry.get("ports_not", ())), int(entry.get("below", 1 << 16)), frozenset(entry.get("place", ())),
        bool(entry.get("renamed")),
    )  # fmt: skip


def _modifier(path: Path, entry: dict[str, Any]) -> tuple[str, tuple[float, str]]:
    _checked(path, "modifier", entry, ("id", "when", "points", "text", "source"), {"id", "when", "points", "text", "source"})
    return entry["when"], (float(entry["points"]), str(entry["text"]))


def _excuse(path: Path, entry: dict[str, Any]) -> Excuse:
    patterns = _checked(path, "suppress", entry, ("id", "effect", "text", "source"), _SUPPRESS_KEYS)
    effect, where = entry["effect"], {"port", "place", "address", "list"} & entry.keys()
    if effect not in _EFFECTS:
        raise KnowledgeError(str(path), "suppress", "effect", f"{entry['id']}: {effect!r} is none of {', '.join(_EFFECTS)}")
    if effect != "points" and not (where and {"path", "signer"} & entry.keys()):
        raise KnowledgeError(
            str(path), "suppress", "path", f"{entry['id']}: hiding needs the program's path or signature, and a destination or port"
        )
    if effect == "points" and float(entry.get("points", 0)) < 0 and not {"path", "signer"} & entry.keys():
        raise KnowledgeError(str(path), "suppress", "path", f"{entry['id']}: a bare name never lowers")
    return Excuse(
        entry["id"], effect, float(entry.get("points", 0)), float(entry.get("otherwise", 0)), entry["text"],
        frozenset(entry.get("name", ())), frozenset(entry.get("not_name", ())), patterns["path"], patterns["not_path"], patterns["signer"],
        bool(entry.get("signer_unknown")), tuple(_range(path, entry["id"], p) for p in entry.get("port", ())), entry.get("proto", ""),
        frozenset(entry.get("place", ())), frozenset(entry.get("address", ())), frozenset(entry.get("protocol", ())),
        bool(entry.get("named")), entry.get("list", ""), int(entry.get("common", 0)),
    )  # fmt: skip


def _range(path: Path, rule: str, value: Any) -> tuple[int, int]:
    low, _, high = str(value).partition("-")
    try:
        return int(low), int(high or low)
    except ValueError:
        raise KnowledgeError(str(path), "suppress", "port", f"{rule}: {value!r} is no port and no range") from None


def _window(path: Path, entry: dict[str, Any]) -> Window:
    try:
        times = [datetime.fromisoformat(str(entry[key])) for key in ("start", "end")]
        start, end = (int(t.replace(tzinfo=t.tzinfo or UTC).timestamp()) * 10**9 for t in times)
        nets = [tuple(ip_network(n, strict=False) for n in entry[key]) for key in ("sources", "targets")]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise KnowledgeError(str(path), "authorized", "", f"needs start, end (times), sources and targets (networks): {error}") from None
    return Window(start, end, nets[0], nets[1])


def network(entry: str) -> IPv4Network | IPv6Network | None:
    """A network, or None for a name."""
    try:
        return ip_network(entry, strict=False)
    except ValueError:
        return None
