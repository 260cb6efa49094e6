"""The plans that come with Deploy Captain: package data, read by name."""
