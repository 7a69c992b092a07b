import Testing

@testable import Traffic

@Suite("Traffic mixes")
struct TrafficMixTests {
    @Test("The same seed gives the same sequence, another one another")
    func seeds() {
        let count = 5000
        let sequence = Array(TrafficMix.standard(seed: 7).order().prefix(count))
        #expect(sequence == Array(TrafficMix.standard(seed: 7).order().prefix(count)))
        #expect(sequence != Array(TrafficMix.standard(seed: 8).order().prefix(count)))
    }

    @Test("A deck holds every kind as often as its weight says")
    func weights() {
        let mix = TrafficMix(frames: Array(Corpus.frames.prefix(3)), weights: [1, 2, 3])
        #expect(mix.deckSize == 6)
        var counts = [0, 0, 0]
        for kind in mix.order().prefix(600) { counts[kind] += 1 }
        #expect(counts == [100, 200, 300])
    }

    @Test("How often each kind is among the first frames", arguments: [0, 1, 5, 6, 1000])
    func counts(count: Int) {
        let mix = TrafficMix(frames: Array(Corpus.frames.prefix(3)), weights: [1, 2, 3], seed: 3)
        var counts: [UInt64] = [0, 0, 0]
        for kind in mix.order().prefix(count) { counts[kind] += 1 }
        #expect(mix.counts(ofFirst: count) == counts)
    }

    @Test("The standard mix has what the MTU allows and a veth carries", arguments: [68, 1500, 9000, 65535])
    func standard(mtu: Int) {
        let mix = TrafficMix.standard(mtu: mtu)
        #expect(mix.frames == Corpus.frames.filter { $0.minimumMTU <= mtu && $0.reachesPeer })
        #expect(Set(mix.order().prefix(mix.deckSize)).count == mix.frames.count)
    }

    @Test("The pacer sends a millisecond's frames at once, catches up a little, and never more")
    func pacing() {
        let start = ContinuousClock.now
        var pacer = Pacer(rate: 10_000, largestBurst: 64, start: start)
        #expect(pacer.burst == 10)
        #expect(pacer.delay(now: start) == nil)
        #expect(pacer.delay(now: start) == .milliseconds(1))
        let late = start + .seconds(10)
        var bursts = 0
        while pacer.delay(now: late) == nil { bursts += 1 }
        #expect(bursts == 5)
        #expect(Pacer(rate: 1_000_000, largestBurst: 64, start: start).burst == 64)
    }

    @Test("A slow pacer wakes up often enough to be stopped")
    func slowPacing() {
        let start = ContinuousClock.now
        var pacer = Pacer(rate: 1, largestBurst: 64, start: start)
        #expect(pacer.burst == 1)
        #expect(pacer.delay(now: start) == nil)
        #expect(pacer.delay(now: start) == .milliseconds(100))
    }
}
