"""Where compiled kernels are kept: under a name that every change of their sources changes, in a folder of the user's own."""

from __future__ import annotations

from pcapscan import kernels
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


def test_the_cache_goes_where_it_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PCAPSCAN_CACHE", str(tmp_path))
    assert kernels.cache_root() == tmp_path


def test_a_home_that_cannot_be_written_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.delenv("PCAPSCAN_CACHE", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert "pcapscan-kernels" in kernels.cache_root().name
