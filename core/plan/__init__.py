"""The plan language: what a team writes in YAML and reviews like code."""
