"""From flows to periodicity: :func:`group` gathers the check-ins of each channel, :func:`measure` says what timer, if any, is behind."""

from __future__ import annotations

from pcapscan.measure.group import group

__all__ = ["group"]
