"""Where SONiC puts plugins; the tests load them from the sources."""
