"""`captain ... | head`: whoever reads closes early, and nobody is shown a traceback for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bot.__main__ import UNREAD

ROOT = Path(__file__).parents[2]


def test_an_output_that_nobody_reads_any_more_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "plan", "states"], stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )  # fmt: skip
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (UNREAD, b"")
