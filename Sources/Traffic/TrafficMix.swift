/// A weighted sequence of frames without an end. The same frames, weights and seed give the same sequence.
///
/// It is dealt from a deck that holds each frame as often as its weight says and is shuffled anew every time it runs
/// out: any `deckSize` frames from a multiple of `deckSize` on contain every kind.
public struct TrafficMix: Hashable, Sendable {
    public let frames: [Frame]
    public let seed: UInt64
    private let deck: [Int]

    /// Weights are given in the order of `frames`, which may not be empty.
    public init(frames: [Frame], weights: [Int], seed: UInt64 = 1) {
        self.frames = frames
        self.seed = seed
        self.deck = zip(frames.indices, weights).flatMap { repeatElement($0, count: $1) }
    }

    /// Each frame as often as the others.
    public init(frames: [Frame], seed: UInt64 = 1) {
        self.init(frames: frames, weights: frames.map { _ in 1 }, seed: seed)
    }

    /// Every kind that a veth of this MTU carries from one end to the other; the common kinds more often.
    public static func standard(mtu: Int = 9000, seed: UInt64 = 1) -> TrafficMix {
        let frames = Corpus.frames.filter { $0.minimumMTU <= mtu && $0.reachesPeer }
        let weights = frames.map { $0.offload != nil || $0.expectation.isMalformed || $0.bytes.count > 1600 ? 1 : 8 }
        return TrafficMix(frames: frames, weights: weights, seed: seed)
    }

    public var deckSize: Int { deck.count }

    /// How often each frame is among the first `count`.
    public func counts(ofFirst count: Int) -> [UInt64] {
        order().prefix(count).reduce(into: frames.map { _ in 0 }) { $0[$1] += 1 }
    }

    /// Indices into `frames`, in the order of sending.
    public func order() -> Order { Order(deck: deck, seed: seed) }

    public struct Order: Sequence, IteratorProtocol, Sendable {
        private var deck: [Int]
        private var left = 0
        private var random: SplitMix

        init(deck: [Int], seed: UInt64) {
            self.deck = deck
            self.random = SplitMix(state: seed)
        }

        public mutating func next() -> Int? {
            if left == 0 {
                deck.shuffle(using: &random)
                left = deck.count
            }
            left -= 1
            return deck[left]
        }
    }
}

/// Sebastiano Vigna's SplitMix64.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
