"""From flows to periodicity: :func:`group` gathers the check-ins of each channel, :func:`measure` says what timer, if any, is behind.

Timing cannot tell command and control from a benign timer: both are periodic, the benign one often more cleanly. What is
measured here is whether there is a timer; whose it is, others must judge, by rarity, port, name.
"""

from __future__ import annotations

from pcapscan.measure.channels import measure
from pcapscan.measure.explain import Plots, drawn, explain, plots, reasons
from pcapscan.measure.extract import ready
from pcapscan.measure.group import group
from pcapscan.measure.lumps import Lumps, Times
from pcapscan.measure.model import ALERT

__all__ = ["ALERT", "Lumps", "Plots", "Times", "drawn", "explain", "group", "measure", "plots", "ready", "reasons"]
