import CLinux
import Glibc

/// A message of rtnetlink as bytes: `nlmsghdr`, a fixed header, attributes (RFC 3549; <linux/netlink.h>).
struct NetlinkMessage {
    var type: UInt16
    var flags: UInt16 = 0
    var sequence: UInt32 = 0
    /// What follows `nlmsghdr`.
    var payload: [UInt8]

    /// The messages of one datagram; what is cut short is left out.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        var offset = 0
        let headSize = MemoryLayout<nlmsghdr>.size
        while offset + headSize <= bytes.count {
            let head = bytes.loadUnaligned(fromByteOffset: offset, as: nlmsghdr.self)
            let length = Int(head.nlmsg_len)
            guard length >= headSize, offset + length <= bytes.count else { break }
            messages.append(
                NetlinkMessage(
                    type: head.nlmsg_type, flags: head.nlmsg_flags, sequence: head.nlmsg_seq,
                    payload: Array(bytes[offset + headSize..<offset + length])))
            offset += (length + 3) & ~3
        }
        return messages
    }

    /// The errno of a failed request or, at its end, of a failed dump; nil: no failure.
    var failure: Int32? {
        let status = header(Int32.self)
        switch Int32(type) {
        case NLMSG_ERROR: return 0 &- (status ?? -EPROTO)
        case NLMSG_DONE: return status.flatMap { $0 < 0 ? 0 &- $0 : nil }
        default: return nil
        }
    }

    /// The fixed header; nil when the message is too short for it.
    func header<Header: BitwiseCopyable>(_: Header.Type) -> Header? {
        guard payload.count >= MemoryLayout<Header>.size else { return nil }
        return payload.withUnsafeBytes { $0.loadUnaligned(as: Header.self) }
    }

    /// The attributes behind a fixed header of `size` bytes.
    func attributes(after size: Int) -> [UInt16: ArraySlice<UInt8>] {
        Self.attributes(payload.dropFirst((size + 3) & ~3))
    }

    /// `nlattr` records: length, type, value, padded to four bytes. Of equal types the last stands.
    static func attributes(_ bytes: ArraySlice<UInt8>) -> [UInt16: ArraySlice<UInt8>] {
        var result: [UInt16: ArraySlice<UInt8>] = [:]
        var rest = bytes
        while rest.count >= 4 {
            let start = rest.startIndex
            let length = Int(rest[start]) | Int(rest[start + 1]) << 8
            let type = UInt16(rest[start + 2]) | UInt16(rest[start + 3]) << 8
            guard length >= 4, length <= rest.count else { break }
            result[type & UInt16(attributeTypeMask)] = rest[(start + 4)..<(start + length)]
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return result
    }
}

/// `NLM_F_DUMP` of <linux/netlink.h>, a macro that Swift cannot import.
private let dumpFlags: Int32 = 0x300
/// `NLA_TYPE_MASK`, likewise: the two highest bits of a type are flags.
private let attributeTypeMask = 0x3fff

/// A route socket of the namespace that the calling thread is in.
final class NetlinkSocket {
    let descriptor: FileDescriptor
    private var sequence: UInt32 = 0

    /// - Parameter groups: multicast groups to listen to, a bit each (`RTMGRP_*`).
    init(groups: UInt32 = 0) throws(KernelError) {
        let raw = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
        guard raw >= 0 else { throw KernelError("open a netlink socket") }
        descriptor = FileDescriptor(owning: raw)
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = groups
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(raw, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else { throw KernelError("bind a netlink socket") }
    }

    /// The messages of a dump, which is whole: one that was interrupted by changes may lack what is there, and is
    /// asked for again.
    func dump<Header: BitwiseCopyable>(_ type: Int, _ header: Header) throws(KernelError) -> [NetlinkMessage] {
        for _ in 1...16 {
            let messages = try dumpOnce(type, header)
            if messages.allSatisfy({ $0.flags & UInt16(NLM_F_DUMP_INTR) == 0 }) { return messages }
        }
        throw KernelError("netlink dump", code: EAGAIN, detail: "interrupted by changes again and again")
    }

    private func dumpOnce<Header: BitwiseCopyable>(
        _ type: Int, _ header: Header
    ) throws(KernelError) -> [NetlinkMessage] {
        try send(NetlinkRequest(type, flags: dumpFlags, header))
        var result: [NetlinkMessage] = []
        while true {
            for message in try receive() where message.sequence == sequence {
                if let failure = message.failure { throw KernelError("netlink dump", code: failure) }
                result.append(message)
                // Its own flag tells of a change at the very end.
                if Int32(message.type) == NLMSG_DONE { return result }
            }
        }
    }

    /// Asks for one thing, or for a change.
    ///
    /// - Returns: the answer; nil when there is none but that it was done.
    @discardableResult
    func perform(_ request: NetlinkRequest, _ operation: @autoclosure () -> String) throws(KernelError)
        -> NetlinkMessage?
    {
        try send(request)
        var answer: NetlinkMessage?
        while true {
            for message in try receive() where message.sequence == sequence {
                guard Int32(message.type) == NLMSG_ERROR else {
                    answer = message
                    continue
                }
                guard let failure = message.failure, failure != 0 else { return answer }
                throw KernelError(operation(), code: failure)
            }
        }
    }

    /// Every request is acknowledged, so that its end is known.
    private func send(_ request: NetlinkRequest) throws(KernelError) {
        sequence &+= 1
        let bytes = request.bytes(sequence: sequence, flags: NLM_F_REQUEST | NLM_F_ACK)
        guard Glibc.send(descriptor.raw, bytes, bytes.count, 0) == bytes.count else {
            throw KernelError("send to netlink")
        }
    }

    /// One datagram's messages.
    func receive() throws(KernelError) -> [NetlinkMessage] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor.raw, &buffer, buffer.count, 0)
            if count > 0 {
                return buffer.withUnsafeBytes { NetlinkMessage.parse(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            }
            if count == 0 { throw KernelError("receive from netlink", code: ECONNRESET) }
            guard errno == EINTR else { throw KernelError("receive from netlink") }
        }
    }
}
