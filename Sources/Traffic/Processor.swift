import CTraffic
import Glibc

/// The processors of this machine.
public enum Processor {
    /// Runs `body` with the calling thread on one processor, so that what the kernel counts by processor is in one place.
    public static func staying<Result>(on cpu: Int = 0, _ body: () throws -> Result) throws -> Result {
        _ = try TrafficError.check(ctraffic_stay_on(Int32(cpu)), "stay on processor \(cpu)")
        defer { _ = ctraffic_stay_on(-1) }
        return try body()
    }
}
