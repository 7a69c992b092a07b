import Glibc
import Logging

/// The watcher's thread: connects, subscribes, reads; and again when that fails.
final class Subscriber {
    private let subscription: Subscription
    private let timing: WatchTiming
    private let mailbox: KeyMailbox
    private let interrupt: Interrupt
    private var backoff = Backoff()
    private var resyncAt: Instant
    private var log: TransitionLog

    init(
        _ subscription: Subscription, timing: WatchTiming, mailbox: KeyMailbox, interrupt: Interrupt, logger: Logger
    ) {
        self.subscription = subscription
        self.timing = timing
        self.mailbox = mailbox
        self.interrupt = interrupt
        resyncAt = .now + timing.resyncInterval
        log = TransitionLog(logger, subject: "\(subscription.endpoint)")
    }

    /// Returns when interrupted.
    func run() {
        while !interrupt.isSignalled {
            do throws(RedisError) {
                try watch()
            } catch {
                guard !interrupt.isSignalled else { return }
                log.lost(error)
                backoff.fail()
                sleep(until: backoff.retryAt ?? .now)
            }
        }
    }

    /// One connection's life; returns when interrupted.
    private func watch() throws(RedisError) {
        var connection = try Connection.open(
            subscription.endpoint, name: "telegen", until: .now + timing.timeout, interrupt: interrupt)
        guard try awaitNotifications(&connection) else { return }
        let silence = try subscribe(&connection)
        backoff.succeed()
        log.back()
        resync()
        try follow(&connection, silence)
    }

    /// Polls for as long as the server sends no keyspace events; false when interrupted.
    private func awaitNotifications(_ connection: inout Connection) throws(RedisError) -> Bool {
        while true {
            let deadline = Instant.now + timing.timeout
            let reply = try connection.roundTrip([["CONFIG", "GET", "notify-keyspace-events"]], until: deadline)[0]
            let flags = NotificationFlags(text: reply.array?.last?.text ?? "")
            if flags.coverRows { return true }
            backoff.succeed()
            log.back()
            log.polling(every: timing.pollInterval, reply.errorMessage ?? "“\(flags.text)”")
            resync()
            guard sleep(until: .now + timing.pollInterval) else { return false }
        }
    }

    /// Returns when all is confirmed. Events that come in between are kept.
    private func subscribe(_ connection: inout Connection) throws(RedisError) -> Heartbeat {
        let deadline = Instant.now + timing.timeout
        try connection.send(subscription.commands, until: deadline)
        var missing = subscription.confirmations
        while missing > 0 {
            if try take(try connection.reply(until: deadline)) == .confirmed { missing -= 1 }
        }
        return Heartbeat(interval: timing.pingInterval, timeout: timing.timeout, now: .now)
    }
}

extension Subscriber {
    /// Reads events until interrupted.
    private func follow(_ connection: inout Connection, _ heartbeat: Heartbeat) throws(RedisError) {
        var heartbeat = heartbeat
        var ringAt: Instant?
        while true {
            while let reply = try connection.bufferedReply() {
                if case .row = try take(reply) { ringAt = ringAt ?? .now + timing.gatherInterval }
            }
            let deadline = min(heartbeat.deadline, resyncAt, ringAt ?? resyncAt)
            switch connection.wait(until: deadline) {
            case .interrupted: return
            case .timedOut: break
            case .ready:
                try connection.receive()
                heartbeat.heard(at: .now)
            }
            if let due = ringAt, due <= .now {
                mailbox.ring()
                ringAt = nil
            }
            resyncIfDue()
            try check(&heartbeat, &connection)
        }
    }

    private func check(_ heartbeat: inout Heartbeat, _ connection: inout Connection) throws(RedisError) {
        switch heartbeat.check(at: .now) {
        case .none: break
        case .ping: try connection.send([["PING"]], until: .now + timing.timeout)
        case .giveUp:
            throw .lost(subscription.endpoint, cause: "no answer to a PING within \(timing.timeout.text)")
        }
    }

    private func take(_ reply: RedisValue) throws(RedisError) -> SubscriptionMessage {
        let endpoint = subscription.endpoint
        if let message = reply.errorMessage { throw .server(endpoint, message: message) }
        guard let message = subscription.message(reply) else {
            throw .unexpectedReply(endpoint, detail: "a subscriber was sent \(reply.summary)")
        }
        switch message {
        case .row(let key): mailbox.insert(key)
        case .guardKey: mailbox.resync()
        case .confirmed, .pong, .foreign: break
        }
        return message
    }

    private func resync() {
        mailbox.resync()
        resyncAt = .now + timing.resyncInterval
    }

    private func resyncIfDue() {
        if resyncAt <= .now { resync() }
    }

    /// Keeps the timer going; false when interrupted.
    @discardableResult
    private func sleep(until end: Instant) -> Bool {
        while end > .now {
            if awaitReady(-1, for: 0, until: min(end, resyncAt), interrupt: interrupt) == .interrupted { return false }
            resyncIfDue()
        }
        return true
    }
}
