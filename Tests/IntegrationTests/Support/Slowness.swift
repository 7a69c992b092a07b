import Glibc

/// How many times longer everything may take than on a real machine: TELEGEN_TIME_FACTOR.
let timeFactor = number(of: "TELEGEN_TIME_FACTOR")

/// How many times fewer frames are sent: TELEGEN_FRAME_DIVISOR. Rates are divided too.
private let frameDivisor = number(of: "TELEGEN_FRAME_DIVISOR")

private func number(of variable: String) -> Int {
    max(getenv(variable).flatMap { Int(String(cString: $0)) } ?? 1, 1)
}

extension Duration {
    /// This deadline, where it may take longer.
    var stretched: Duration { self * timeFactor }
}

extension Int {
    /// So many frames, or frames per second, where fewer have to do.
    var thinned: Int { Swift.max(self / frameDivisor, 1) }
}
