"""Values of the formats that the API's description has of its own, for schemathesis (SCHEMATHESIS_HOOKS)."""

import ipaddress

import schemathesis
from hypothesis import strategies as st


def prefix(bits: int, length: int) -> str:
    return str(ipaddress.IPv4Network((bits >> (32 - length) << (32 - length) if length else 0, length)))


ports = st.integers(0, 65535)
schemathesis.openapi.format("ip-prefix", st.builds(prefix, st.integers(0, 2**32 - 1), st.integers(0, 32)))
schemathesis.openapi.format("port-range", st.builds(lambda a, b: f"{min(a, b)}-{max(a, b)}", ports, ports))
