"""Somebody else's Markdown document in, what was understood and what was left out. See docs/importing.md."""
