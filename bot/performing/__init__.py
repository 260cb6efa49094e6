"""How each kind of effect becomes real: one module a kind, all of them called by `bot.perform`."""
