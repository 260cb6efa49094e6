"""What holds for every test: no property is timed, for a busy machine is no fault of the code; and what was loaded is not searched
for garbage again and again."""

import gc

from hypothesis import settings

# On top of what Hypothesis has chosen by itself: on a CI machine it draws the same examples every time.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")


def pytest_collection_finish() -> None:
    """Modules, models and tests stay until the end."""
    gc.collect()
    gc.freeze()
