"""``pcapscan watch``."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import IO

import rich_click as click

from pcapscan.cli import common


@click.command("watch")
@click.argument("logdir", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "ndjson"]), default="text", show_default=True, help="Form of the findings.")
@click.option("--output", "-o", type=click.Path(dir_okay=False), help="Append to this file instead of writing to standard output.")
@click.option("--interval", type=click.FloatRange(0.1), default=10.0, show_default=True, help="Seconds between two looks, at most.")
@click.option("--window", type=click.FloatRange(0.1), default=24.0, show_default=True, help="Hours of evidence that are judged together.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that remembers what was told.  [default: the user's folder for state]",
)
@click.option("--once", is_flag=True, help="One look, then leave: for a cron job.")
@click.option("--min-score", type=click.FloatRange(0, 100), default=0.0, show_default=True, help="Findings below are not told.")
@common.knowledge_option
@common.home_net_option
@common.indicators_option
@click.option("--quiet", "-q", is_flag=True, help="No notes on standard error.")
def command(
    logdir: Path, form: str, output: str | None, interval: float, window: float, state: Path | None, once: bool, min_score: float,
    knowledge: tuple[Path, ...], home_net: tuple[str, ...], indicators: tuple[Path, ...], quiet: bool,
) -> None:  # fmt: skip
    """Follow the current logs of a Zeek sensor and tell findings as they appear.

    Goes on through rotation. A finding is told when it is new, or graver than it was told. After a restart the window is read again,
    rotated logs too, and what was told before is not told again. Ends with Ctrl-C.

    Examples:

    `pcapscan watch /opt/zeek/logs/current`

    `pcapscan watch /nsm/zeek/logs --format ndjson --output findings.ndjson`

    `pcapscan watch /nsm/zeek/logs --once --min-score 40 --quiet`
    """
    with common.errors():
        from pcapscan.live import Watch
        from pcapscan.pipeline import Settings
        from pcapscan.report import told

        settings = Settings(home_nets=home_net, knowledge=knowledge, indicators=indicators, min_score=min_score)
        watch = Watch(logdir, settings, state or _state(logdir), window * 3600, common.compiling(quiet))
        try:
            with common.output(output, append=True) as out:
                while True:
                    found = watch.look()
                    out.write("".join(told(f, form) for f in found).encode("utf-8", "backslashreplace"))
                    _reach(out)
                    watch.told(found)
                    if once:
                        return
                    watch.wait(interval)
        except KeyboardInterrupt:
            return
        finally:
            watch.close()


def _reach(out: IO[bytes]) -> None:
    """What was told must have left before it is remembered as told."""
    out.flush()


def _state(logdir: Path) -> Path:
    base = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser()
    name = hashlib.sha256(str(logdir.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return base / "pcapscan" / f"watch-{name}.json"
