/// EtherTypes that the corpus uses by name.
enum EtherType {
    static let ipv4 = 0x0800
    static let arp = 0x0806
    static let ipv6 = 0x86dd
    static let customerTag = 0x8100
    static let serviceTag = 0x88a8

    static func isTag(_ type: Int) -> Bool { type == customerTag || type == serviceTag }
}

/// An 802.1Q or 802.1ad tag.
struct VLANTag {
    let type: Int
    /// Priority (3 bits), drop eligible (1 bit), VLAN (12 bits).
    let control: Int

    static func customer(_ control: Int) -> VLANTag { VLANTag(type: EtherType.customerTag, control: control) }
    static func service(_ control: Int) -> VLANTag { VLANTag(type: EtherType.serviceTag, control: control) }
}

enum Ethernet {
    static let headerLength = 14
    /// Locally administered addresses that no device here owns: the kernel's own stack passes such frames by.
    private static let destination: [UInt8] = [0x02, 0x54, 0x47, 0, 0, 0x01]
    private static let source: [UInt8] = [0x02, 0x54, 0x47, 0, 0, 0x02]

    /// A frame of `payload` behind `tags`, outermost first; `type` may also be an 802.3 length.
    static func frame(
        _ type: Int, tags: [VLANTag] = [], to destination: [UInt8] = destination, _ payload: [UInt8]
    ) -> [UInt8] {
        var bytes = destination + source
        for tag in tags { bytes += [UInt8].words(tag.type, tag.control) }
        return bytes + [UInt8].words(type) + payload
    }
}
