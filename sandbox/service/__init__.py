"""The sandbox's small service "ion-api" with a stable and a canary track: the thing that rehearsals deploy."""
