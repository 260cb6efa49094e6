"""Verdicts over simulated deployments: ours beside the rules of others and the limit of what anybody could know. See `__main__`."""
