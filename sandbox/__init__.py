"""What runs beside the bot on a fresh machine: a local Slack workspace and a small service to deploy; it knows nothing of the bot."""
