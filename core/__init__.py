"""The rules: what follows when something happens to a deployment. No I/O, no clock, no chance, no vendor."""
