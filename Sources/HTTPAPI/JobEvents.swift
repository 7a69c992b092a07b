import Hummingbird
import NIOCore
import ServiceLifecycle

/// Changes of jobs as server-sent events (WHATWG HTML, 9.2): `hello` with what the client may do, `job` for each that is
/// there and each that changes, `removed`, and `problem` while the database is away.
///
/// Who does not read is told less often, never something old: what has changed meanwhile is one event.
struct JobEvents: Sendable {
    let feed: JobFeed
    let hello: JSON
    /// The client's connection.
    let channel: any Channel

    /// After so long without an event a comment is sent, so that a client that is gone is noticed.
    private static let interval = Duration.seconds(15)
    /// The client comes again after 20 intervals: before a connection's patience is over.
    private static let intervals = 20

    func write(to writer: inout some ResponseBodyWriter) async throws {
        let (bell, end) = await feed.listen(every: Self.interval, rings: Self.intervals)
        try? await channel.pipeline.addHandler(Departure(), position: .first).get()
        channel.closeFuture.whenComplete { _ in end() }
        try await writer.write(ByteBuffer(string: "retry: 1000\n" + Self.event("hello", hello)))
        var told = Told()
        for await _ in bell.cancelOnGracefulShutdown() {
            let events = await feed.view.map { told.events($0) } ?? []
            try await writer.write(ByteBuffer(string: events.isEmpty ? ":\n\n" : events.joined()))
        }
    }

    fileprivate static func event(_ name: String, _ data: JSON) -> String {
        "event: \(name)\ndata: \(String(decoding: data.bytes, as: UTF8.self))\n\n"
    }
}

/// A client that has closed its end of the connection has gone.
private final class Departure: ChannelInboundHandler, Sendable {
    typealias InboundIn = Any

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}

/// What one client has been told.
struct Told {
    private var view = JobFeed.View()

    /// What is new in this; the message of a `problem` that is over is null.
    mutating func events(_ now: JobFeed.View) -> [String] {
        defer { view = now }
        let removed = view.jobs.keys.filter { now.jobs[$0] == nil }.sorted()
        let changed = now.jobs.filter { view.jobs[$0.key] != $0.value }.sorted { $0.key < $1.key }
        let problem: JSON = ["message": now.problem.map { .string($0.message) } ?? .null]
        return removed.map { JobEvents.event("removed", ["job_id": .string($0)]) }
            + changed.map { JobEvents.event("job", $0.value) }
            + (now.problem == view.problem ? [] : [JobEvents.event("problem", problem)])
    }
}
