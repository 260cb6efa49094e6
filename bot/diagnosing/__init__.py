"""What can be found out before a deployment about everything it will need. Nothing here changes anything.

One module looks at one neighbourhood and answers findings (`core.findings`); `doctor` asks them all. What a vendor's source
needs is asked of the vendor (`Diagnoses` in `bot.performing.ports`).
"""
