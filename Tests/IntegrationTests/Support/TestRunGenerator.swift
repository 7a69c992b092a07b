@testable import Traffic

/// Packets to try a reader of headers with: the corpus, mutations of it, headers put together at random, and noise. The
/// same seed gives the same packets.
struct PacketGenerator {
    var random: SplitMix
    private static let corpus = Corpus.frames.filter { $0.offload == nil && $0.bytes.count <= 1600 }.map(\.bytes)

    init(seed: UInt64) { random = SplitMix(state: seed) }

    mutating func next() -> TestPacket {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: TestPacket(frame: pick(Self.corpus))
        case 1, 2: TestPacket(frame: noise())
        case 3..<11: TestPacket(frame: mutated(pick(Self.corpus)))
        case 11..<18: TestPacket(frame: assembled())
        default: segmented()
        }
    }

    mutating func pick<Element>(_ values: [Element]) -> Element { values.randomElement(using: &random)! }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func oneIn(_ count: Int) -> Bool { number(1...count) == 1 }

    mutating func bytes(_ range: ClosedRange<Int>) -> [UInt8] {
        var left: UInt64 = 0
        return (0..<number(range)).map { index in
            if index % 8 == 0 { left = random.next() }
            defer { left >>= 8 }
            return UInt8(truncatingIfNeeded: left)
        }
    }

    private mutating func noise() -> [UInt8] {
        var frame = bytes(14...200)
        if !oneIn(5) { frame.put(word: pick(Interesting.types), at: 12) }
        return frame
    }
}

extension PacketGenerator {
    mutating func mutated(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        for _ in 0..<number(1...4) where frame.count > 14 { mutate(&frame) }
        return frame
    }

    private mutating func mutate(_ frame: inout [UInt8]) {
        let place = number(12...min(frame.count, oneIn(4) ? .max : 90) - 1)
        switch number(0...9) {
        case 0, 1: frame[place] ^= 1 << UInt8(number(0...7))
        case 2: frame[place] = UInt8(pick(Interesting.protocols))
        case 3: frame[place] = UInt8(number(0...255))
        case 4: frame.put(word: pick(Interesting.ports), at: min(place, frame.count - 2))
        case 5: frame.put(word: pick(Interesting.types), at: 12)
        case 6: frame.removeLast(frame.count - max(place, 14))
        case 7: frame.remove(at: place)
        case 8: frame.insert(contentsOf: bytes(1...8), at: place)
        default: frame.insert(contentsOf: tag(), at: 12)
        }
    }

    mutating func tag() -> [UInt8] {
        [UInt8].words(
            pick([0x8100, 0x88a8]), number(0...15) << 12 | pick([0, 1, 100, 200, 4094, 4095, number(0...4095)]))
    }
}

/// Numbers that mean something to somebody.
enum Interesting {
    static let types = [
        0x0800, 0x86dd, 0x8100, 0x88a8, 0x0806, 0x88cc, 0x8809, 0x888e, 0x88f7, 0x8847, 0x9100, 0, 39, 1500, 1535, 1536,
    ]
    static let extensions = [0, 43, 44, 44, 51, 60, 135, 139, 140]
    static let protocols =
        extensions + [1, 2, 6, 6, 6, 17, 17, 17, 17, 33, 50, 58, 58, 58, 59, 89, 103, 112, 132, 136, 255]
    static let ports = [
        0, 22, 23, 49, 53, 67, 68, 123, 161, 162, 179, 319, 320, 443, 514, 546, 547, 1023, 1024, 1812, 1813, 3784, 3785,
        4784, 4789, 4791, 4791, 49152, 65535,
    ]
}
