/// One named connection to a logical database.
///
/// An actor on a queue of its own: a call may block there for up to the timeout, never in the cooperative pool. The
/// connection is made by the first call and again by the first call after a failure, but not before the back-off
/// (100 ms, doubling up to 5 s, with jitter) has ended: until then calls throw `RedisError.unavailable` at once.
public actor Database {
    public nonisolated let endpoint: DatabaseEndpoint
    private let clientName: String
    let timeout: Duration
    private let executor = QueueExecutor(label: "SonicDB.Database")
    private var connection: Connection?
    /// How many connections there have been: another number means that the server may have been another one, or
    /// begun anew.
    public private(set) var generation = 0
    private var backoff = Backoff()
    private var lastFailure: RedisError?

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - clientName: what `CLIENT LIST` shows; no spaces.
    ///   - timeout: for one exchange with the server, connecting included.
    public init(_ endpoint: DatabaseEndpoint, clientName: String = "telegen", timeout: Duration = .seconds(2)) {
        self.endpoint = endpoint
        self.clientName = clientName
        self.timeout = timeout
    }

    /// One command, of at least one word. The server's refusal is thrown as `.server`.
    @discardableResult
    public func send(_ command: [String]) throws(RedisError) -> RedisValue {
        let reply = try pipeline([command])[0]
        if let message = reply.errorMessage { throw .server(endpoint, message: message) }
        return reply
    }

    /// Commands in one go, and as many replies in the same order; a refusal is the value `.error`.
    public func pipeline(_ commands: [[String]]) throws(RedisError) -> [RedisValue] {
        guard !commands.isEmpty else { return [] }
        let deadline = Instant.now + timeout
        try connect(until: deadline)
        do throws(RedisError) {
            let replies = try connection!.roundTrip(commands, until: deadline)
            backoff.succeed()
            return replies
        } catch {
            throw failed(error)
        }
    }

    /// Closes the connection; a later call opens it again.
    public func close() { connection = nil }

    func connect(until deadline: Instant) throws(RedisError) {
        // The server was restarted meanwhile, or dropped an idle client: no failure, as nothing was sent.
        if connection?.isStale == true { connection = nil }
        guard connection == nil else { return }
        if let wait = backoff.wait() {
            throw .unavailable(
                endpoint, cause: "\(lastFailure?.cause ?? "failed"); the next attempt is in \(wait.text)")
        }
        do throws(RedisError) {
            connection = try Connection.open(endpoint, name: clientName, until: deadline)
            generation += 1
        } catch {
            throw failed(error)
        }
    }

    /// After a failure the replies to come are out of step with the commands. A server that answers nonsense is there,
    /// so the next call need not wait for it.
    private func failed(_ error: RedisError) -> RedisError {
        connection = nil
        if case .unexpectedReply = error { return error }
        backoff.fail()
        lastFailure = error
        return error
    }
}
