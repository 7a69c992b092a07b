import Agent
import ArgumentParser
import Glibc
import HTTPAPI

/// Where a command asks.
struct DoorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Ask an agent's HTTP API there, such as http://127.0.0.1:8080 or unix:/path, not this machine's databases.",
            discussion: "TELEGEN_URL is the same. A token comes from --token-file, or from TELEGEN_TOKEN."))
    var url: String?

    @Option(help: ArgumentHelp("A file that holds the token for the HTTP API.", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Flag(help: "Send the token even where others can read it: by http:// to another machine.")
    var plainToken = false

    @Option(help: ArgumentHelp("Trust these authorities (PEM).", valueName: "file"), completion: .file())
    var ca: String?

    @Option(help: ArgumentHelp("Show this certificate (PEM); with --key.", valueName: "file"), completion: .file())
    var cert: String?

    @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"), completion: .file())
    var key: String?

    func validate() throws {
        guard (cert == nil) == (key == nil) else { throw ValidationError("--cert and --key go together") }
        if address == nil, tokenFile ?? ca ?? cert != nil {
            throw ValidationError("--token-file, --ca, --cert and --key are for --url")
        }
        _ = try address.map { try RemoteAddress($0) }
    }

    /// Nil: the databases.
    var address: String? { url ?? Environment.all["TELEGEN_URL"].flatMap { $0.isEmpty ? nil : $0 } }

    /// Runs `body` with what is asked, and lets go of it.
    func withDoor<Result: Sendable>(_ body: (any JobDoor) async throws -> Result) async throws -> Result {
        guard let address else {
            return try await body(JobFacade(AgentOptions.fromEnvironment(Environment.all).options))
        }
        let (place, token) = (try RemoteAddress(address), try token)
        guard token == nil || !place.isReadable || plainToken else {
            throw RemoteError(
                "\(address) would have the token travel where others can read it: use https://, or --plain-token")
        }
        let remote = try RemoteJobs(place, token: token, authorities: ca, certificate: cert, key: key)
        do {
            let result = try await body(remote)
            await remote.close()
            return result
        } catch {
            await remote.close()
            throw error
        }
    }

    private var token: String? {
        get throws {
            guard let tokenFile else { return Environment.all["TELEGEN_TOKEN"].flatMap { $0.isEmpty ? nil : $0 } }
            guard let file = fopen(tokenFile, "re") else {
                throw RemoteError("--token-file \(tokenFile): \(String(cString: strerror(errno)))")
            }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let text = String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
            guard let line = text.split(whereSeparator: \.isWhitespace).first else {
                throw RemoteError("--token-file \(tokenFile): is empty")
            }
            return String(line)
        }
    }
}

/// Asks, and prints the answer for people or programs; what fails is told and ends with 1.
func ask(
    _ options: DoorOptions, json: Bool, _ question: (any JobDoor) async throws -> JSON, text: (JSON) -> String
) async throws {
    let answer = try await reporting { try await options.withDoor(question) }
    print(json ? String(decoding: answer.bytes, as: UTF8.self) : text(answer).printableLines)
}

/// Runs `body`; an error is told on standard error and ends with 1.
func reporting<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch {
        write("telegen-sonic: \("\(error)".printableLines)\n", to: STDERR_FILENO)
        throw ExitCode.failure
    }
}
