"""Dataclasses that are made when they are first used.

``dataclass`` writes and compiles half a dozen methods for each class, some 200 microseconds; of the sixty classes that a command
loads (the vocabulary, and what is known and judged) it uses a handful, and its start is short. Here a class becomes the same dataclass, in place, when its first
instance is made or its fields are asked for. To mypy it is ``dataclass`` itself.
"""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any

__all__ = ["later"]

_LOCK = threading.RLock()

if TYPE_CHECKING:
    from dataclasses import dataclass as later
else:

    def later(**options: Any) -> Any:
        """``dataclass(**options)``, put off."""

        def put_off(cls: type) -> type:
            fields = _Fields(cls, options)

            def new(kind: type, /, *args: Any, **values: Any) -> Any:
                if not fields.made:
                    fields.make()
                return object.__new__(kind)

            cls.__new__ = new  # and not __init__, which would be missing for a moment while another thread makes the class
            cls.__dataclass_fields__ = fields
            return cls

        return put_off

    class _Fields:
        """Stands where a dataclass keeps its fields, until they are asked for."""

        def __init__(self, cls: type, options: dict[str, Any]) -> None:
            self._cls, self._options, self.made = cls, options, False

        def __get__(self, instance: Any, owner: type) -> Any:
            self.make()
            return owner.__dataclass_fields__

        def make(self) -> None:
            """Make the class."""
            with _LOCK:
                if not self.made:
                    dataclasses.dataclass(**self._options)(self._cls)
                    self.made = True
