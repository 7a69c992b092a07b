import Testing

@testable import Domain

@Suite struct QoSCountersTests {
    @Test("the type-of-service byte is six bits of DSCP and two of ECN")
    func typeOfService() {
        var counters = QoSCounters()
        counters.typeOfService[46 << 2 | 0] = 5
        counters.typeOfService[46 << 2 | 3] = 7
        counters.typeOfService[0 << 2 | 2] = 11
        #expect(counters.dscp.count == 64)
        #expect(counters.dscp[46] == 12 && counters.dscp[0] == 11 && counters.dscp.reduce(0, +) == 23)
        #expect(counters.ecn == [5, 0, 11, 7])
    }

    @Test("a packet with several flags counts for each")
    func flags() {
        var counters = QoSCounters()
        counters.tcpFlags = [100, 1, 2, 4, 8, 16, 32, 64]
        #expect(counters.tcpFIN == 1 + 4 + 16 + 64)
        #expect(counters.tcpSYN == 2 + 4 + 32 + 64)
        #expect(counters.tcpRST == 8 + 16 + 32 + 64)
    }
}
