"""The plans that have a world of their own, one a line: `python -m sandbox.worlds`."""

import sys

from sandbox.worlds import SETTINGS

sys.stdout.write("\n".join(SETTINGS) + "\n")
