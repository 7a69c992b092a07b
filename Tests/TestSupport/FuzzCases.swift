import Glibc

/// How many cases a fuzz test tries, over all of its seeds: TELEGEN_FUZZ_CASES; `make test-faults` wants a million.
public let fuzzCases = getenv("TELEGEN_FUZZ_CASES").flatMap { Int(String(cString: $0)) } ?? 10_000
