"""The statistics of a gate: what counts of errors, latencies and gauges prove, and what they do not.

The door is `engine.Engine`: settings and metrics in, then `begin`, `look`, `stage`, `stage_end`. Everything here is pure:
standard library mathematics on values, no I/O, no clock, no chance. It knows nothing of plans, deployments or Slack.
"""
