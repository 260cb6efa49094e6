"""The statistics of a gate: what counts of errors, latencies and gauges prove. Empty until evidence joins the streaks of `core.gates`."""
