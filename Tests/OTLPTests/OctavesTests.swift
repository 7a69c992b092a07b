import Testing

@testable import OTLP

struct OctavesTests {
    private let sizes: [Double] = [64, 128, 256, 512, 1024, 1280, 1518, 2048, 4096, 8192, 9216, 16384, 32768, 65536]

    @Test("Counts go to the power of two that is their bucket's upper bound or the next above it")
    func folds() throws {
        let octaves = try #require(Octaves(sizes))
        let folded = octaves.fold([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
        #expect(folded.zeros == 1 && folded.offset == 6)
        // 1280, 1518 and 2048 are one bucket, 9216 and 16384 another.
        #expect(folded.counts == [2, 3, 4, 5, 21, 9, 10, 23, 13, 14, 15])
        #expect(octaves.zeroThreshold == 64)
    }

    @Test("Buckets at the ends without a count are left out")
    func trimmed() throws {
        let octaves = try #require(Octaves(sizes))
        var counts = [UInt64](repeating: 0, count: 15)
        #expect(octaves.fold(counts).counts == [])
        (counts[5], counts[8]) = (1, 2)
        let folded = octaves.fold(counts)
        #expect(folded.offset == 10 && folded.counts == [1, 2])
    }

    @Test("Every packet size is in the bucket that the specification has for it")
    func exact() throws {
        let octaves = try #require(Octaves(sizes))
        for size in Array(65...70_000) {
            var counts = [UInt64](repeating: 0, count: 15)
            counts[sizes.firstIndex { Double(size) <= $0 } ?? 14] = 1
            let folded = octaves.fold(counts)
            // Bucket i: above 2^i, up to 2^(i+1).
            let index = (0..<32).first { size > 1 << $0 && size <= 1 << ($0 + 1) }
            #expect(folded.counts == [1] && folded.offset == index.map { Int32($0) })
        }
    }

    @Test(
        "Bounds that are not powers of two at the ends, or leave one out, would be guessed",
        arguments: [
            [], [10, 20], [64, 256], [64, 128, 200], [60, 64, 128], [0, 1, 2], [-2, -1], [64, 128, .infinity], [.nan],
        ])
    func inexact(bounds: [Double]) {
        #expect(Octaves(bounds) == nil)
    }
}
