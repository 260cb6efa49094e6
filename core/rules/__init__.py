"""One concern a file: plain functions from a deployment and what happened to a Decision."""
