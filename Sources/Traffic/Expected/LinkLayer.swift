/// What a frame says before its network header: the tags, and what stands behind at most two of them.
struct LinkLayer {
    /// Id of the outermost tag; nil when its two bytes are not there. 0 names no VLAN.
    let vlan: Int?
    /// EtherType or 802.3 length; another tag's type when there are more than two.
    let type: Int
    let payload: ArraySlice<UInt8>
    /// The frame ends inside its first or second tag.
    let isCut: Bool

    /// Reads any frame of at least an Ethernet header's 14 bytes.
    init(of frame: [UInt8]) {
        var type = frame.word(at: 12)
        var rest = frame.dropFirst(Ethernet.headerLength)
        var tags = 0
        vlan = EtherType.isTag(type) && rest.count >= 2 ? rest.word(at: 0) & 0xfff : nil
        while tags < 2, EtherType.isTag(type), rest.count >= 4 {
            tags += 1
            type = rest.word(at: 2)
            rest = rest.dropFirst(4)
        }
        self.type = type
        payload = rest
        isCut = tags < 2 && EtherType.isTag(type)
    }

    /// A packet of a device without an Ethernet header; the type is what the device's driver says.
    init(packet: ArraySlice<UInt8>, type: Int) {
        vlan = nil
        self.type = type
        payload = packet
        isCut = false
    }
}
