"""An exchange's matching engine while it is being sharded: a backend, three shards, their cluster and their numbers."""
