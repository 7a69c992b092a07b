import NIOCore
import NIOHTTPTypes
import Synchronization

/// The open connections. When there are too many, the one that has waited longest for its client gives way to the new
/// one: whoever holds connections and asks nothing keeps nobody out.
final class Connections: Sendable {
    private let maximum: Int
    private let open = Mutex<[ObjectIdentifier: Entry]>([:])

    private struct Entry {
        let channel: any Channel
        /// Since when the client owes a request; nil: the server owes an answer.
        var waitingSince: NIODeadline?
    }

    init(maximum: Int) { self.maximum = maximum }

    func add(_ channel: any Channel) {
        let leaving: (any Channel)? = open.withLock { open in
            defer { open[ObjectIdentifier(channel)] = Entry(channel: channel, waitingSince: .now()) }
            guard open.count >= maximum else { return nil }
            let waiting = open.values.filter { $0.waitingSince != nil }
            return (waiting.min { $0.waitingSince! < $1.waitingSince! })?.channel ?? channel
        }
        leaving?.close(promise: nil)
    }

    func isAnswering(_ channel: any Channel, _ answering: Bool) {
        open.withLock { $0[ObjectIdentifier(channel)]?.waitingSince = answering ? nil : .now() }
    }

    func remove(_ channel: any Channel) {
        open.withLock { open in _ = open.removeValue(forKey: ObjectIdentifier(channel)) }
    }
}

/// Ends a connection whose client does not send a whole request, or does not take an answer, in time: however it spreads
/// its bytes (slow loris).
final class ConnectionWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart

    /// For a request, from the connection's begin or the last answer on.
    static let patienceWithRequest = TimeAmount.seconds(30)
    /// For an answer; longer than a stream of events goes on.
    static let patienceWithAnswer = TimeAmount.seconds(330)

    private let connections: Connections
    /// Requests that came whole and are not answered; -1 when the answer came before the request's end.
    private var unanswered = 0
    private var limit: Scheduled<Void>?

    init(_ connections: Connections) { self.connections = connections }

    func channelActive(context: ChannelHandlerContext) {
        connections.add(context.channel)
        wait(Self.patienceWithRequest, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        limit?.cancel()
        connections.remove(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = unwrapInboundIn(data) { turn(by: 1, context) }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { turn(by: -1, context) }
        context.write(data, promise: promise)
    }

    private func turn(by change: Int, _ context: ChannelHandlerContext) {
        unanswered += change
        connections.isAnswering(context.channel, unanswered > 0)
        wait(unanswered > 0 ? Self.patienceWithAnswer : Self.patienceWithRequest, context)
    }

    private func wait(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        limit?.cancel()
        let channel = context.channel
        limit = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
