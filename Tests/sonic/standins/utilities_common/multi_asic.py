"""Stand-in for sonic-utilities' module."""
from swsscommon.swsscommon import sockets


def multi_asic_ns_choices():
    """The ASICs' namespaces; the host's own on a switch with one ASIC."""
    return sorted(name for name in sockets() if name) or [""]
