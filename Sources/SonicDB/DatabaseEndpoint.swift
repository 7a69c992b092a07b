/// Where one logical database is.
public struct DatabaseEndpoint: Sendable, Hashable {
    /// How its server is reached.
    public enum Address: Sendable, Hashable {
        /// A stream socket in the file system; the kernel takes paths of at most 107 bytes.
        case unix(path: String)
        /// A name or address, and a port 1...65535.
        case tcp(host: String, port: Int)
    }

    public var address: Address
    /// The number for `SELECT`.
    public var id: Int
    /// What stands between table and row key, such as `|`.
    public var separator: String

    public init(address: Address, id: Int, separator: String) {
        self.address = address
        self.id = id
        self.separator = separator
    }
}

extension DatabaseEndpoint: CustomStringConvertible {
    /// For logs and errors, such as `database 4 at /var/run/redis/redis.sock`.
    public var description: String { "database \(id) at \(address)" }
}

extension DatabaseEndpoint.Address: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unix(let path): path
        case .tcp(let host, let port): "\(host):\(port)"
        }
    }
}

extension DatabaseEndpoint {
    /// A row's whole key in Redis.
    func redisKey(_ table: String, _ key: String) -> String { table + separator + key }

    /// Table and row key of a whole key: the row key is everything after the *first* separator. Nil without one.
    ///
    /// Compares bytes: as text, a separator and a combining mark behind it would be one character.
    func tableKey(of redisKey: String) -> TableKey? {
        let bytes = redisKey.utf8
        guard let gap = bytes.firstRange(of: separator.utf8) else { return nil }
        return TableKey(
            table: String(decoding: bytes[..<gap.lowerBound], as: UTF8.self),
            key: String(decoding: bytes[gap.upperBound...], as: UTF8.self))
    }
}
