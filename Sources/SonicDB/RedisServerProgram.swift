import Glibc
import Subprocess

/// The program `redis-server`.
enum RedisServerProgram {
    /// Runs it with a configuration that makes it a daemon: returns when the daemon has been forked.
    ///
    /// Its environment is the path alone: the agent's may hold secrets, and the daemon outlives it.
    static func run(configuration: String) async throws(PrivateServerError) {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        do {
            let result = try await Subprocess.run(
                .name("redis-server"), arguments: [configuration], environment: .custom(["PATH": path]),
                output: .string(limit: 64 << 10), error: .combinedWithOutput)
            guard !result.terminationStatus.isSuccess else { return }
            throw PrivateServerError(
                cause: "redis-server refused to start: \(result.standardOutput.suffix(500))",
                remedy: "run redis-server \(configuration)")
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw PrivateServerError(cause: "redis-server is not installed", remedy: "apt-get install redis-server")
        } catch let error as PrivateServerError {
            throw error
        } catch {
            throw PrivateServerError(cause: "cannot run redis-server: \(error)", remedy: "see the message")
        }
    }
}
