"""What holds for every test: no property is timed, for a busy machine is no fault of the code; the quick form draws fewer
examples than the long one; and what was loaded is not searched for garbage again and again."""

import gc
import signal

from draws import draws
from hypothesis import settings

# On top of what Hypothesis has chosen by itself: on a CI machine it draws the same examples every time.
settings.register_profile(
    "untimed", settings.default, deadline=None, max_examples=draws(settings().max_examples)
)
settings.load_profile("untimed")

# A shell starts what runs in its background deaf to Ctrl-C, and so would be every program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Modules, models and tests stay until the end. What tests make is searched seldom: there is room for it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
