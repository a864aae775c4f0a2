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
