"""A local Slack workspace: Web API, Socket Mode, signed HTTP deliveries, and a page to type and click in."""
