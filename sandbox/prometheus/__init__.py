"""A local Prometheus for the demo: it scrapes the sandbox's service, and the plan reads its metrics from it."""
