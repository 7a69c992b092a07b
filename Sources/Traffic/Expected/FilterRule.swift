/// A job's filter as values: within a field *or*, between fields *and*; an empty field allows everything.
public struct FilterRule: Hashable, Sendable {
    /// Network addresses of one family, by their first bits.
    public struct Prefix: Hashable, Sendable {
        /// Four or sixteen bytes.
        public let address: [UInt8]
        public let length: Int

        public init(_ address: [UInt8], length: Int) {
            self.address = address
            self.length = length
        }

        func contains(_ other: [UInt8]) -> Bool {
            other.count == address.count && bits(of: other) == bits(of: address)
        }

        private func bits(of bytes: [UInt8]) -> [Bool] {
            (0..<length).map { bytes[$0 / 8] & 0x80 >> UInt8($0 % 8) != 0 }
        }
    }

    /// Ids of the outermost tag, 1 to 4094.
    public var vlans: Set<Int> = []
    public var protocols: Set<Int> = []
    public var dscps: Set<Int> = []
    public var sourcePorts: [ClosedRange<Int>] = []
    public var destinationPorts: [ClosedRange<Int>] = []
    public var source: Prefix?
    public var destination: Prefix?

    public init() {}

    public func matches(_ headers: ExpectedHeaders) -> Bool {
        let ip = headers.ip
        return allows(vlans, headers.vlan) && allows(protocols, ip?.proto) && allows(dscps, ip?.dscp)
            && allows(sourcePorts, ip?.ports?.source) && allows(destinationPorts, ip?.ports?.destination)
            && allows(source, ip?.source) && allows(destination, ip?.destination)
    }

    private func allows(_ field: Set<Int>, _ value: Int?) -> Bool {
        field.isEmpty || value.map(field.contains) ?? false
    }

    private func allows(_ field: [ClosedRange<Int>], _ value: Int?) -> Bool {
        field.isEmpty || value.map { value in field.contains { $0.contains(value) } } ?? false
    }

    private func allows(_ field: Prefix?, _ value: [UInt8]?) -> Bool {
        guard let field else { return true }
        return value.map(field.contains) ?? false
    }
}
