import AsyncHTTPClient
import Domain
import HTTPAPI
import NIOCore
import NIOHTTP1
import NIOSSL

/// An agent's HTTP API, asked from afar.
struct RemoteJobs: JobDoor {
    private let address: RemoteAddress
    private let headers: HTTPHeaders
    private let client: HTTPClient

    /// For one answer.
    private static let patience = TimeAmount.seconds(30)
    private static let maximumAnswer = 64 << 20

    /// - Parameters:
    ///   - authorities: a PEM file; nil: the system's.
    ///   - certificate, key: PEM files, for an agent that asks for them.
    init(
        _ address: RemoteAddress, token: String?, authorities: String? = nil, certificate: String? = nil,
        key: String? = nil
    ) throws {
        self.address = address
        var headers: HTTPHeaders = ["Accept": "application/json", "User-Agent": "telegen-sonic"]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        // A Unix socket has no name of its own.
        if address.url.hasPrefix("http+unix:") { headers.add(name: "Host", value: "localhost") }
        self.headers = headers
        var tls = TLSConfiguration.makeClientConfiguration()
        do {
            if let authorities { tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authorities)) }
            if let certificate, let key {
                tls.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
                tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            }
        } catch {
            throw RemoteError("--ca, --cert or --key: no PEM file that can be read (\(error))")
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        // Whoever typed the command hears at once that nobody is there.
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(configuration: configuration)
    }

    func close() async { try? await client.shutdown() }

    func start(_ body: JSON) async throws -> JSON { try await send(.POST, "/jobs/start", body) }
    func list() async throws -> JSON { try await send(.GET, "/jobs") }
    func show(_ job: String) async throws -> JSON { try await send(.GET, try Self.path(job)) }
    func results(_ job: String) async throws -> JSON { try await send(.GET, try Self.path(job, "/results")) }
    func stop(_ job: String) async throws -> JSON { try await send(.POST, try Self.path(job, "/stop")) }
    func remove(_ job: String) async throws -> JSON { try await send(.DELETE, try Self.path(job)) }
    func agent() async throws -> JSON { try await send(.GET, "/agent") }

    private static func path(_ job: String, _ rest: String = "") throws -> String {
        guard JobName(job) != nil else { throw RemoteError("no job \(job.prefix(80).debugDescription)") }
        return "/jobs/\(job)\(rest)"
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: JSON? = nil) async throws -> JSON {
        var request = HTTPClientRequest(url: address.url + path)
        (request.method, request.headers) = (method, headers)
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.bytes))
        }
        let (status, bytes): (HTTPResponseStatus, ByteBuffer)
        do {
            let response = try await client.execute(request, timeout: Self.patience)
            (status, bytes) = (response.status, try await response.body.collect(upTo: Self.maximumAnswer))
        } catch {
            throw RemoteError("\(address.text) does not answer (\(error)): does an agent listen there?")
        }
        guard let answer = try? JSON(Array(bytes.readableBytesView)) else {
            throw RemoteError("\(address.text) answers \(status.code), and no JSON: is that an agent?")
        }
        guard (200..<300).contains(status.code) else {
            let message = answer.text("message")
            throw RemoteError(message.isEmpty ? "\(address.text) answers \(status.code)" : message)
        }
        return answer
    }
}

/// Why an agent's HTTP API could not be asked, or what it refused.
struct RemoteError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
