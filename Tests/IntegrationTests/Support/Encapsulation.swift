import Traffic

/// How a mirror wraps a frame: Ethernet, IPv4, GRE (RFC 2784, RFC 2890), ERSPAN (draft-foschiano-erspan-03), each with
/// what may or may not be there.
struct Encapsulation {
    enum Version: CaseIterable { case typeI, typeII, typeIII }

    var version = Version.typeII
    var session = 42
    var remote: [UInt8] = [192, 0, 2, 100]
    var local: [UInt8] = [192, 0, 2, 10]
    /// Outer VLAN ids, outermost first.
    var tags: [Int] = []
    var options: [UInt8] = []
    /// Flags and offset.
    var fragment = 0
    var hasChecksum = false
    var hasKey = false
    /// Nil: GRE carries none, which type II must.
    var sequence: UInt32?
    var isTruncated = false
    /// The tag of the frame that is in the header of type II alone; 0: none.
    var strippedTag = 0
    /// What type III says that is within: 0 for Ethernet.
    var frameType = 0
    /// The platform subheader of type III.
    var hasSubheader = false
    var protocolType: Int?
    /// Bytes that the link adds behind the packet.
    var padding = 0

    func wrap(_ frame: [UInt8]) -> [UInt8] {
        let payload = gre + erspan + frame
        var header: [UInt8] =
            [UInt8(0x45 + options.count / 4), 0] + words(20 + options.count + payload.count, 7, fragment)
        header += [64, 47, 0, 0] + remote + local + options
        var bytes: [UInt8] = [2, 0x54, 0x47, 0, 0, 1, 2, 0x54, 0x47, 0, 0, 2]
        for tag in tags { bytes += words(0x8100, tag) }
        return bytes + words(0x0800) + header + payload + [UInt8](repeating: 0xff, count: padding)
    }

    private var gre: [UInt8] {
        let flags = (hasChecksum ? 0x8000 : 0) | (hasKey ? 0x2000 : 0) | (sequence == nil ? 0 : 0x1000)
        var bytes = words(flags, protocolType ?? (version == .typeIII ? 0x22eb : 0x88be))
        if hasChecksum { bytes += [0, 0, 0, 0] }
        if hasKey { bytes += [0, 0, 0, 77] }
        if let sequence { bytes += words(Int(sequence >> 16), Int(sequence & 0xffff)) }
        return bytes
    }

    private var erspan: [UInt8] {
        let state = session | (isTruncated ? 0x400 : 0) | (strippedTag == 0 ? 0 : 0x1000)
        switch version {
        case .typeI: return []
        case .typeII: return words(0x1000 | strippedTag, state, 0, 5)
        case .typeIII:
            return words(0x2000, state, 1, 2, 3, frameType << 10 | (hasSubheader ? 1 : 0))
                + [UInt8](repeating: 0xee, count: hasSubheader ? 8 : 0)
        }
    }

    private func words(_ words: Int...) -> [UInt8] { words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] } }

    /// Of every type, with everything that a copy may have around it.
    static let variants: [Encapsulation] = Version.allCases.flatMap { version in
        var plain = Encapsulation(version: version)
        plain.sequence = version == .typeI ? nil : 0
        var (rich, tagged, stacked) = (plain, plain, plain)
        (rich.hasChecksum, rich.hasKey, rich.hasSubheader) = (true, true, true)
        rich.options = [UInt8](repeating: 1, count: 40)
        (tagged.tags, tagged.hasKey, tagged.padding) = ([7], true, 9)
        stacked.tags = [7, 8]
        return [plain, rich, tagged, stacked]
    }
}
