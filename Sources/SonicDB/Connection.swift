import CHiredis
import Glibc

/// One connection to a server, closed with the value. Every wait has a deadline and ends with the interrupt.
///
/// hiredis connects and parses. Writing is done here, because hiredis' own write raises SIGPIPE on a dead connection.
struct Connection: ~Copyable {
    /// One reply may be this large; our largest, a transaction over all rows of a table, stays far below.
    static let maximumReplyBytes = 32 << 20

    let endpoint: DatabaseEndpoint
    private let context: UnsafeMutablePointer<redisContext>
    private let limits: ReplyLimits
    private let interrupt: Interrupt?
    /// Bytes that came since the last whole reply.
    private var received = 0

    /// Connects; does not yet select the database.
    init(to endpoint: DatabaseEndpoint, until deadline: Instant, interrupt: Interrupt? = nil) throws(RedisError) {
        let context = try Self.dial(endpoint)
        do throws(RedisError) {
            try Self.finishDialing(context, endpoint, until: deadline, interrupt)
        } catch {
            redisFree(context)
            throw error
        }
        self.endpoint = endpoint
        self.context = context
        self.interrupt = interrupt
        limits = ReplyLimits(on: context.pointee.reader)
    }

    deinit { redisFree(context) }

    /// Sends commands and returns as many replies; an error among them is a value.
    mutating func roundTrip(_ commands: [[String]], until deadline: Instant) throws(RedisError) -> [RedisValue] {
        try send(commands, until: deadline)
        var replies: [RedisValue] = []
        replies.reserveCapacity(commands.count)
        for _ in commands { replies.append(try reply(until: deadline)) }
        return replies
    }

    mutating func send(_ commands: [[String]], until deadline: Instant) throws(RedisError) {
        let bytes = Command.encode(commands)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try expect(POLLOUT, until: deadline, for: "take the commands")
            } else if errno != EINTR {
                throw lastWords(orElse: lost(String(cString: strerror(errno))))
            }
        }
    }

    /// The next reply; waits for it.
    mutating func reply(until deadline: Instant) throws(RedisError) -> RedisValue {
        while true {
            if let value = try bufferedReply() { return value }
            try expect(POLLIN, until: deadline, for: "answer")
            try receive()
        }
    }

    /// The next reply if all of it has been received.
    mutating func bufferedReply() throws(RedisError) -> RedisValue? {
        var raw: UnsafeMutableRawPointer?
        guard redisGetReplyFromReader(context, &raw) == REDIS_OK else { throw malformed() }
        guard let raw else { return nil }
        defer { freeReplyObject(raw) }
        received = 0
        guard let value = RedisValue(copying: raw.assumingMemoryBound(to: redisReply.self)) else { throw malformed() }
        return value
    }

    /// Takes what the socket has, up to 16 KiB.
    mutating func receive() throws(RedisError) {
        let before = context.pointee.reader.pointee.len
        guard redisBufferRead(context) == REDIS_OK else { throw lost(Self.errorText(context)) }
        received += Int(context.pointee.reader.pointee.len) - Int(before)
        guard received <= Self.maximumReplyBytes else {
            throw .unexpectedReply(endpoint, detail: "larger than \(Self.maximumReplyBytes >> 20) MiB")
        }
    }

    /// Waits for something to receive.
    func wait(until deadline: Instant) -> Readiness {
        awaitReady(descriptor, for: POLLIN, until: deadline, interrupt: interrupt)
    }

    /// Between commands a connection is silent: one that has something to read was closed, or is out of step.
    var isStale: Bool { wait(until: .now) == .ready }
}

extension Connection {
    private var descriptor: Int32 { context.pointee.fd }

    private func expect(_ events: Int32, until deadline: Instant, for purpose: String) throws(RedisError) {
        switch awaitReady(descriptor, for: events, until: deadline, interrupt: interrupt) {
        case .ready: return
        case .timedOut: throw lost("the server did not \(purpose) in time")
        case .interrupted: throw lost("interrupted")
        }
    }

    /// A server that closes a connection by itself says why first (maxclients, protected mode).
    private mutating func lastWords(orElse error: RedisError) -> RedisError {
        guard let message = try? reply(until: .now).errorMessage else { return error }
        return .server(endpoint, message: message)
    }

    private func lost(_ cause: String) -> RedisError { .lost(endpoint, cause: cause) }

    private func malformed() -> RedisError {
        let isLimit = context.pointee.err == REDIS_ERR_OOM
        let text = isLimit ? "too many elements or levels" : Self.errorText(context)
        return .unexpectedReply(endpoint, detail: text)
    }
}
