"""What holds for every test: no property is timed. A busy machine is no fault of the code."""

from hypothesis import settings

# On top of what Hypothesis has chosen by itself: on a CI machine it draws the same examples every time.
settings.register_profile("untimed", settings.default, deadline=None)
settings.load_profile("untimed")
