"""The process: it puts the other rooms together and lets them run."""
