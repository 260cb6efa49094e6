"""The command line's commands, one module each. They use the same ledger as Slack does, so they work when Slack does not."""
