"""A knowledge database on a cloud of its own: the service behind HTTPS, and the cloud that its release scripts speak to."""
