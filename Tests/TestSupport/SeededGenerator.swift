/// SplitMix64: the same sequence in every run.
public struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

extension String {
    /// The text with one to three places changed: a character lost, doubled, or replaced by one of `alphabet`.
    public func mutated(_ alphabet: [Unicode.Scalar], using generator: inout SeededGenerator) -> String {
        var scalars = Array(unicodeScalars)
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0...scalars.count, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0 where place < scalars.count: scalars.remove(at: place)
            case 1 where place < scalars.count: scalars[place] = alphabet.randomElement(using: &generator)!
            default: scalars.insert(alphabet.randomElement(using: &generator)!, at: place)
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

extension [UInt8] {
    /// The bytes with one to four places changed: one lost, replaced or added, or a run of them doubled.
    public func mutated(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0 where place < bytes.count: bytes.remove(at: place)
            case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 2:
                let end = Swift.min(place + Int.random(in: 0...8, using: &generator), bytes.count)
                bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            }
        }
        return bytes
    }
}
