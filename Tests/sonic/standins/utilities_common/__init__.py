"""Stand-in for the package of sonic-utilities."""
