import AsyncHTTPClient
import Glibc
import HTTPAPI
import NIOCore
import NIOSSL
import OTLP
import SonicDB

/// Asks whoever is at the address of the HTTP API how it is, and whether an agent could be there.
struct HTTPLook: Sendable {
    let settings: HTTPSettings
    let options: AgentOptions

    /// Within the limit.
    func facts(within limit: Duration) async -> HTTPFacts {
        var facts = HTTPFacts(address: "\(settings.address)", refusal: settings.refusal)
        guard facts.refusal == nil else { return facts }
        async let problem = Patience.blocking(limit) { [settings, options] in
            Privileges.settle(options)
            return settings.fileProblem
        }
        facts.sign = await sign(within: limit)
        facts.fileProblem = await problem ?? "reading them takes longer than \(limit.text)"
        return facts
    }

    private func sign(within limit: Duration) async -> HTTPFacts.Sign {
        let asksForCertificates = settings.tls?.clientAuthorities != nil
        if !asksForCertificates, await answers(within: limit / 2) { return .health }
        let sign = await Patience.blocking(limit / 2) { look(asksForCertificates, patience: limit / 8) }
        return sign ?? .obstacle("no answer within \(limit.text)")
    }

    private func answers(within limit: Duration) async -> Bool {
        await Patience.wait(limit) { await answer(within: limit / 2) } ?? false
    }

    private func answer(within limit: Duration) async -> Bool {
        var tls = TLSConfiguration.makeClientConfiguration()
        // Nothing is told to whoever is there, and no more believed than that it lives.
        tls.certificateVerification = .none
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(configuration: configuration)
        var request = HTTPClientRequest(url: settings.address.url(encrypted: settings.tls != nil) + "/healthz")
        request.headers.add(name: "Host", value: "localhost")
        let response = try? await client.execute(request, deadline: .now() + TimeAmount(limit))
        let body = try? await response?.body.collect(upTo: 1024)
        try? await client.shutdown()
        return response?.status == .ok && body.map { String(buffer: $0).contains("\"ok\"") } == true
    }

    /// Who does not answer may be somebody else, or nobody. Blocks.
    private func look(_ asksForCertificates: Bool, patience: Duration) -> HTTPFacts.Sign {
        Privileges.keepOnly(options)
        let addresses: [SocketAddress]
        switch settings.address.kind {
        case .unix(let path):
            addresses = [SocketAddress(path: path)]
            if let problem = place(of: path) { return .obstacle(problem) }
        case .tcp(let host, let port): addresses = SocketAddress.resolve(host, port: Int(port))
        }
        if addresses.contains(where: { $0.obstacle(toConnectingWithin: patience) == nil }) {
            return asksForCertificates
                ? .listener : .obstacle("somebody else is there, or an agent that does not answer")
        }
        guard case .tcp = settings.address.kind else { return .silence }
        // The server takes the first one too.
        guard let code = addresses.first.map({ $0.obstacleToListening() }) ?? EADDRNOTAVAIL else { return .silence }
        return .obstacle(String(cString: strerror(code)))
    }

    /// Why the agent cannot make a socket there; one that a killed agent has left it removes.
    private func place(of path: String) -> String? {
        var facts = stat()
        if lstat(path, &facts) == 0 { return facts.st_mode & S_IFMT == S_IFSOCK ? nil : "something else has that name" }
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        return access("\(folder)/", W_OK | X_OK) == 0 ? nil : "\(folder)/: \(String(cString: strerror(errno)))"
    }
}

extension ListenAddress {
    /// As a client takes it.
    fileprivate func url(encrypted: Bool) -> String {
        let scheme = encrypted ? "https" : "http"
        switch kind {
        case .unix(let path): return "\(scheme)+unix://\(path.percentEncoded)"
        case .tcp: return "\(scheme)://\(self)"
        }
    }
}
