import CTelegenBPF
import Domain
import Testing

@testable import Dataplane

@Suite("Errors of the kernel")
struct KernelErrorTests {
    @Test("an error names what was done, the cause, and what helps")
    func text() {
        #expect("\(KernelError("make map x", code: 1))".contains("Operation not permitted (run as root"))
        #expect("\(KernelError("make map x", code: 2, detail: "why"))" == "make map x: No such file or directory (why)")
        #expect("\(KernelError("open the object", code: 4001))" == "open the object: BPF object format invalid")
    }
}

@Suite("The owners' table")
struct TapRecordTests {
    @Test("a record survives the way into the kernel's form and back")
    func roundTrip() {
        var record = TapRecord.free
        record.tap = TapID(JobName(String(repeating: "x", count: 64))!, .egress)
        record.startedAt = UnixTime(nanoseconds: 1_700_000_000_123_456_789)
        record.bootID = BootID("01234567-89ab-cdef-0123-456789abcdef")!
        record.attachType = .clsact
        record.port = .init(name: NetdevName("Ethernet123.abc")!, ifindex: 3_000_000)
        record.filter = FilterID(handle: 9, priority: 2)
        record.ownsQdisc = true
        #expect(TapRecord(record.raw) == record)
    }

    @Test("a free slot is all zeros")
    func free() {
        let bytes = withUnsafeBytes(of: TapRecord.free.raw) { Array($0) }
        #expect(bytes.allSatisfy { $0 == 0 })
        #expect(TapRecord(telegen_tap()) == .free)
    }

    @Test("the boot id is stored as it reads")
    func bootBytes() {
        var record = TapRecord.free
        record.tap = .a
        record.bootID = BootID("01234567-89ab-cdef-0123-456789abcdef")!
        let bytes = withUnsafeBytes(of: record.raw.boot_id) { Array($0) }
        #expect(bytes.prefix(4) == [0x01, 0x23, 0x45, 0x67])
    }

    @Test("records of another layout or with impossible contents are not believed")
    func foreign() {
        var record = TapRecord.free
        record.tap = .a
        var raw = record.raw
        raw.layout = 99
        #expect(TapRecord(raw) == nil)
        raw = record.raw
        raw.direction = 7
        #expect(TapRecord(raw) == nil)
        raw = record.raw
        withUnsafeMutableBytes(of: &raw.job) { $0[0] = UInt8(ascii: "|") }
        #expect(TapRecord(raw) == nil)
        raw = record.raw
        withUnsafeMutableBytes(of: &raw.job) {
            $0.copyBytes(from: Array(repeating: UInt8(ascii: "x"), count: $0.count))
        }
        #expect(TapRecord(raw) == nil)
    }

    @Test("the shared structs have the sizes that the pinned maps were made with")
    func sizes() {
        #expect(MemoryLayout<telegen_total>.size == 16)
        #expect(MemoryLayout<telegen_counters>.size == 576)
        #expect(MemoryLayout<telegen_tap>.size == 136)
    }
}
