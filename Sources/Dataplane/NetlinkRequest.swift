import CLinux
import Glibc

/// A message to rtnetlink in the making: `nlmsghdr`, a fixed header, attributes.
struct NetlinkRequest {
    let type: Int
    let flags: Int32
    /// Everything behind `nlmsghdr`.
    private var payload: [UInt8]

    init<Header: BitwiseCopyable>(_ type: Int, flags: Int32 = 0, _ header: Header) {
        self.type = type
        self.flags = flags
        payload = withUnsafeBytes(of: header) { Array($0) }
        pad()
    }

    mutating func add(_ type: Int, _ bytes: [UInt8]) {
        payload += Self.header(type, length: 4 + bytes.count) + bytes
        pad()
    }

    /// In the machine's byte order.
    mutating func add(_ type: Int, _ number: some FixedWidthInteger & BitwiseCopyable) {
        add(type, withUnsafeBytes(of: number) { Array($0) })
    }

    /// Zero terminated.
    mutating func add(_ type: Int, _ text: String) { add(type, Array(text.utf8) + [0]) }

    /// An attribute that is made of others.
    mutating func nest(_ type: Int, _ fill: (inout NetlinkRequest) -> Void) {
        let start = payload.count
        payload += Self.header(type, length: 0)
        fill(&self)
        payload.replaceSubrange(start..<start + 4, with: Self.header(type, length: payload.count - start))
    }

    /// The whole message.
    func bytes(sequence: UInt32, flags more: Int32 = 0) -> [UInt8] {
        let head = nlmsghdr(
            nlmsg_len: UInt32(MemoryLayout<nlmsghdr>.size + payload.count), nlmsg_type: UInt16(type),
            nlmsg_flags: UInt16(flags | more), nlmsg_seq: sequence, nlmsg_pid: 0)
        return withUnsafeBytes(of: head) { Array($0) } + payload
    }

    private static func header(_ type: Int, length: Int) -> [UInt8] {
        withUnsafeBytes(of: nlattr(nla_len: UInt16(length), nla_type: UInt16(type))) { Array($0) }
    }

    private mutating func pad() { payload += [UInt8](repeating: 0, count: -payload.count & 3) }
}
