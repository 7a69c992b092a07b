"""Stand-in for SONiC's package of this name."""
