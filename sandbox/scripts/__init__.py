"""Programs that a rehearsed deployment runs, as a team's own scripts would be run."""
