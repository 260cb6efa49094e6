"""A Kubernetes API server without a cluster behind it: objects in memory, the real protocol, workloads that roll out, faults."""
