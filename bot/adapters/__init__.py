"""Vendors, each wrapped once and thinly. They raise `bot.errors.TryLater` and `GaveUp`, and decide nothing."""
