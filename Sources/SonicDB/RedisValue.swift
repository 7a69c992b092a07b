import CHiredis

/// A reply of the Redis protocol (RESP 2), copied out of hiredis. Text that is not valid UTF-8 has U+FFFD in it.
public enum RedisValue: Sendable, Hashable {
    case null
    /// A status, such as `OK`.
    case status(String)
    /// The server's refusal, in its own words; the first word is a code, such as `WRONGTYPE`.
    case error(String)
    case integer(Int64)
    case string(String)
    case array([RedisValue])

    /// The text of a string or status.
    public var text: String? {
        switch self {
        case .string(let text), .status(let text): text
        default: nil
        }
    }

    public var array: [RedisValue]? {
        if case .array(let items) = self { items } else { nil }
    }

    /// The server's message if this is an error.
    public var errorMessage: String? {
        if case .error(let message) = self { message } else { nil }
    }

    /// The flat list of `HGETALL` as a dictionary; nil when it is anything else. Of names that are equal as text the
    /// last counts.
    var fields: [String: String]? {
        guard let flat = array, flat.count.isMultiple(of: 2) else { return nil }
        var fields = [String: String](minimumCapacity: flat.count / 2)
        for index in stride(from: 0, to: flat.count, by: 2) {
            guard let name = flat[index].text, let value = flat[index + 1].text else { return nil }
            fields[name] = value
        }
        return fields
    }

    /// In a few words, for the error that says what came instead.
    var summary: String {
        switch self {
        case .null: "nothing"
        case .status(let text): "the status “\(text.prefix(64))”"
        case .error(let message): "the error “\(message.prefix(256))”"
        case .integer(let number): "the number \(number)"
        case .string(let text): "a string of \(text.utf8.count) bytes"
        case .array(let items): "a list of \(items.count)"
        }
    }
}

extension RedisValue {
    /// Nil when the reply is of a kind that RESP 2 does not have.
    init?(copying reply: UnsafeMutablePointer<redisReply>) {
        let source = reply.pointee
        switch source.type {
        case REDIS_REPLY_STRING: self = .string(Self.text(source))
        case REDIS_REPLY_STATUS: self = .status(Self.text(source))
        case REDIS_REPLY_ERROR: self = .error(Self.text(source))
        case REDIS_REPLY_INTEGER: self = .integer(source.integer)
        case REDIS_REPLY_NIL: self = .null
        case REDIS_REPLY_ARRAY:
            guard let items = Self.items(source) else { return nil }
            self = .array(items)
        default: return nil
        }
    }

    private static func items(_ source: redisReply) -> [RedisValue]? {
        var items: [RedisValue] = []
        for index in 0..<Int(source.elements) {
            guard let element = source.element[index], let item = RedisValue(copying: element) else { return nil }
            items.append(item)
        }
        return items
    }

    private static func text(_ source: redisReply) -> String {
        String(decoding: UnsafeRawBufferPointer(start: source.str, count: Int(source.len)), as: UTF8.self)
    }
}
