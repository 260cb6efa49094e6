"""What people say and see: slash commands, buttons, windows, the App Home. It records through storage and draws with blocks.

It must not know how messages are sent, how metrics are read, or how the process is put together. Nothing is loaded from here: the command
line needs the texts without Slack's libraries. `commands.registering` makes an app answer.
"""
