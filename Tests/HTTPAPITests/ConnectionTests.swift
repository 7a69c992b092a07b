import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import HTTPAPI

@Suite("Connections of the HTTP API")
struct ConnectionTests {
    private let head = HTTPRequestPart.head(.init(method: .get, scheme: "http", authority: "localhost", path: "/"))

    private func open(_ connections: Connections) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: ConnectionWatch(connections))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    @Test("who never finishes a request is gone after the time for one, however busy he is")
    func slowLoris() throws {
        let channel = try open(Connections(maximum: 8))
        try channel.writeInbound(head)
        for _ in 0..<29 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x")))
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test("an answer may take longer, and after it the client has its time again")
    func answers() throws {
        let channel = try open(Connections(maximum: 8))
        try channel.writeInbound(head)
        try channel.writeInbound(HTTPRequestPart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .seconds(300))
        #expect(channel.isActive)
        try channel.writeOutbound(HTTPResponsePart.head(.init(status: .ok)))
        try channel.writeOutbound(HTTPResponsePart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test("who is refused before the whole request has come owes the next one like everybody")
    func earlyAnswer() throws {
        let connections = Connections(maximum: 2)
        let refused = try open(connections)
        try refused.writeInbound(head)
        try refused.writeOutbound(HTTPResponsePart.head(.init(status: .unauthorized)))
        try refused.writeOutbound(HTTPResponsePart.end(nil))
        try refused.writeInbound(HTTPRequestPart.end(nil))
        let others = try (0..<2).map { _ in try open(connections) }
        refused.embeddedEventLoop.run()
        #expect(!refused.isActive && others.allSatisfy(\.isActive), "it gives way")
    }

    @Test("a client that does not take its answer is gone in the end")
    func slowRead() throws {
        let channel = try open(Connections(maximum: 8))
        try channel.writeInbound(head)
        try channel.writeInbound(HTTPRequestPart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: ConnectionWatch.patienceWithAnswer)
        #expect(!channel.isActive)
    }

    @Test("of too many connections the one that has waited longest for its client gives way; those at work stay")
    func crowd() throws {
        let connections = Connections(maximum: 3)
        let working = try open(connections)
        try working.writeInbound(head)
        try working.writeInbound(HTTPRequestPart.end(nil))
        let idle = try (0..<5).map { _ in try open(connections) }
        for channel in idle { channel.embeddedEventLoop.run() }
        #expect(working.isActive)
        #expect(idle.map(\.isActive) == [false, false, false, true, true])
    }

    @Test("when all are at work a newcomer has to wait")
    func full() throws {
        let connections = Connections(maximum: 2)
        let working = try (0..<2).map { _ in try open(connections) }
        for channel in working {
            try channel.writeInbound(head)
            try channel.writeInbound(HTTPRequestPart.end(nil))
        }
        let late = try open(connections)
        late.embeddedEventLoop.run()
        #expect(!late.isActive && working.allSatisfy(\.isActive))
    }
}
