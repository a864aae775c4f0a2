"""What this process may use of the machine."""

from __future__ import annotations

import os
import sys


def cores() -> int:
    """Cores that it may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def interpreter() -> str:
    """Path of a Python that a helper can be started with; empty where there is none, as in a program that was frozen into one file."""
    return "" if getattr(sys, "frozen", False) else sys.executable or ""
