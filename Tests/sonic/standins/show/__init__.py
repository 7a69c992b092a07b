"""Stand-in for the package of SONiC's `show`."""
