"""Where compiled kernels are kept: under a name that every change of their sources changes, in a folder of the user's own."""

from __future__ import annotations

from pcapscan.kernels import keep, room_cache


def forget():
    room_cache.cache_clear()
    keep._shared.cache_clear()


def test_the_cache_of_a_room_follows_its_sources(tmp_path, monkeypatch):
    for room in ("one", "two"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "a.py").write_text("x = 1\n")
    (tmp_path / "kernels").mkdir()
    (tmp_path / "tables.py").write_text("")
    monkeypatch.setattr(keep, "PACKAGE", tmp_path)
    forget()
    before = room_cache("one"), room_cache("two")
    (tmp_path / "one" / "a.py").write_text("x = 2\n")
    forget()
    try:
        assert room_cache("one") != before[0]
        assert room_cache("two") == before[1]
        (tmp_path / "tables.py").write_text("x = 1")  # the layouts that every kernel reads
        forget()
        assert room_cache("two") != before[1]
    finally:
        forget()


def test_a_room_that_was_just_written_is_looked_at_again_and_an_old_one_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("PCAPSCAN_CACHE", str(tmp_path / "cache"))
    room = tmp_path / "room"
    room.mkdir()
    (room / "a.py").write_text("x = 1\n")
    first = keep._digest(room)
    assert not (tmp_path / "cache").exists()  # its times could be those of the next change, too
    monkeypatch.setattr(keep, "SETTLED_NS", -(10**12))
    assert keep._digest(room) == first
    (note,) = (tmp_path / "cache" / "sources").iterdir()
    assert note.read_text() == first.hex()
    note.write_text("cut")
    assert keep._digest(room) == first  # a note that is not whole is none
    (room / "a.py").write_text("x = 22\n")
    assert keep._digest(room) != first


def test_the_processor_and_the_compiler_are_part_of_the_name(monkeypatch):
    forget()
    before = room_cache("flows")
    try:
        for what, other in (("_processor", lambda: "another"), ("_compiler", lambda: b"another")):
            with monkeypatch.context() as patch:
                patch.setattr(keep, what, other)
                forget()
                assert room_cache("flows") != before
        assert "flags" in keep._processor() or "+" in keep._processor() or "-" in keep._processor()
        assert keep._compiler()
    finally:
        forget()
