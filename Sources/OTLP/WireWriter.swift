/// Writes Protobuf's wire format from its end to its beginning, so that a message's length is known when its turn comes:
/// what comes last is to be written first.
///
/// SwiftProtobuf asks each message for its size again at every level, which is half of what an export costs
/// (docs/performance.md).
struct WireWriter: ~Copyable {
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Where the written bytes begin.
    private var start: Int

    /// Of a field, by what follows its tag (Protobuf encoding, "Message structure").
    private enum WireType: UInt64 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
    }

    init(capacity: Int) {
        self.capacity = max(capacity, 64)
        memory = .allocate(capacity: self.capacity)
        start = self.capacity
    }

    deinit { memory.deallocate() }

    private var count: Int { capacity - start }

    /// What was written.
    var bytes: [UInt8] { Array(UnsafeBufferPointer(start: memory + start, count: count)) }

    /// A field that is a message; `body` writes its fields, the last one first.
    mutating func message(_ field: UInt64, _ body: (inout WireWriter) -> Void) {
        let before = count
        body(&self)
        put(varint: UInt64(count - before))
        tag(field, .bytes)
    }

    /// - Parameter always: an empty one too, as in a oneof.
    mutating func string(_ field: UInt64, _ text: String, always: Bool = false) {
        guard always || !text.isEmpty else { return }
        var text = text
        text.withUTF8 { utf8 in
            reserve(utf8.count)
            start -= utf8.count
            if let source = utf8.baseAddress { (memory + start).update(from: source, count: utf8.count) }
        }
        put(varint: UInt64(text.utf8.count))
        tag(field, .bytes)
    }

    /// - Parameter always: zero too.
    mutating func varint(_ field: UInt64, _ value: UInt64, always: Bool = false) {
        guard always || value != 0 else { return }
        put(varint: value)
        tag(field, .varint)
    }

    /// A `sint32`.
    mutating func zigzag(_ field: UInt64, _ value: Int32) {
        varint(field, UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
    }

    /// - Parameter always: zero too.
    mutating func fixed64(_ field: UInt64, _ bits: UInt64, always: Bool = false) {
        guard always || bits != 0 else { return }
        put(fixed64: bits)
        tag(field, .fixed64)
    }

    /// Packed.
    mutating func fixed64(_ field: UInt64, each values: some BidirectionalCollection<UInt64>) {
        guard !values.isEmpty else { return }
        for value in values.reversed() { put(fixed64: value) }
        put(varint: UInt64(8 * values.count))
        tag(field, .bytes)
    }

    /// Packed.
    mutating func varint(_ field: UInt64, each values: [UInt64]) {
        guard !values.isEmpty else { return }
        let before = count
        for value in values.reversed() { put(varint: value) }
        put(varint: UInt64(count - before))
        tag(field, .bytes)
    }

    private mutating func tag(_ field: UInt64, _ type: WireType) { put(varint: field << 3 | type.rawValue) }

    private mutating func put(fixed64 bits: UInt64) {
        reserve(8)
        start -= 8
        UnsafeMutableRawPointer(memory + start).storeBytes(of: bits.littleEndian, as: UInt64.self)
    }

    private mutating func put(varint value: UInt64) {
        let count = max(1, (70 - value.leadingZeroBitCount) / 7)
        reserve(count)
        start -= count
        var rest = value
        for index in 0..<count {
            memory[start + index] = UInt8(truncatingIfNeeded: rest & 0x7F) | (index < count - 1 ? 0x80 : 0)
            rest >>= 7
        }
    }

    private mutating func reserve(_ more: Int) {
        guard start < more else { return }
        let written = count
        let larger = 2 * capacity + more
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        (new + larger - written).update(from: memory + start, count: written)
        memory.deallocate()
        (memory, capacity, start) = (new, larger, larger - written)
    }
}
