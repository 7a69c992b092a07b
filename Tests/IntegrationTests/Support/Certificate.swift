import Glibc
import Subprocess
import Testing

/// A certificate that is its own authority, with its key, as PEM files.
struct Certificate {
    let certificate: String
    let key: String

    /// `cert.pem` and `key.pem` for this machine's loopback.
    static func make(in folder: String, name: String = "localhost") async throws -> Certificate {
        let made = Certificate(certificate: "\(folder)/cert.pem", key: "\(folder)/key.pem")
        let result = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", made.key,
                "-out", made.certificate,
            ], output: .discarded)
        try #require(result.terminationStatus.isSuccess)
        return made
    }
}

/// An empty folder that is removed afterwards.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/telegen-test-XXXXXX".utf8CString)
    let folder = String(cString: try #require(mkdtemp(&template)))
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(folder))
    } catch {
        result = .failure(error)
    }
    _ = try? await Subprocess.run(.name("rm"), arguments: ["-rf", folder], output: .discarded)
    try result.get()
}
