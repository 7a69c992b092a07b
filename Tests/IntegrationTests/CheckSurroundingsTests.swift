import Foundation
import Glibc
import Testing

/// What has nothing to do with the kernel.
@Suite("Whether what is around the agent is fit", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct CheckSurroundingsTests {
    @Test("databases that are not there, do not answer, or are being rebuilt")
    func databases() async throws {
        let redis = try await TestRedis()
        try await AgentUnderTest.run(redis: redis) { agent in
            #expect(try await agent.check().statuses["CONFIG_DB"] == "warn", "no CONFIG_DB_INITIALIZED")
            _ = try await agent.config.send(["SET", "CONFIG_DB_INITIALIZED", "1"])
            #expect(try await agent.check().statuses["CONFIG_DB"] == "ok")
            let unmapped = try await agent.check(["TELEGEN_DB_CONFIG": "/nowhere.json"])
            #expect(unmapped.code == 1 && unmapped.found["databases"]?.hasPrefix("/nowhere.json: ") == true)
            let programless = try await agent.check([
                "TELEGEN_DB": "private", "TELEGEN_STATE_DIR": agent.folder + "/own", "PATH": "/nowhere",
            ])
            #expect(programless.statuses["databases"] == "fail")
            #expect(programless.remedies["databases"]?.contains("apt-get install redis-server") == true)
            redis.signal(SIGSTOP)
            let silent = try await agent.check(timeout: 3)
            redis.signal(SIGCONT)
            #expect(silent.code == 1 && silent.statuses["CONFIG_DB"] == "fail" && silent.statuses["agent"] == "warn")
            redis.crash()
            let dead = try await agent.check()
            #expect(dead.code == 1 && dead.remedies["STATE_DB"]?.contains("start redis-server") == true)
        }
    }

    @Test("a collector is looked for where CONFIG_DB says, else the environment")
    func collector() async throws {
        try await AgentUnderTest.run { agent in
            let environment = ["OTEL_SDK_DISABLED": "false", "OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:9"]
            let absent = try await agent.check(environment)
            #expect(absent.fit && absent.code == 0 && absent.statuses["collector"] == "warn")
            #expect(absent.found["collector"] == "127.0.0.1:9: Connection refused")
            // The HTTP API listens there, which is enough for a connection.
            _ = try await agent.config.send(["HSET", "TELEGEN|global", "otlp_endpoint", "127.0.0.1:8080"])
            #expect(try await agent.check(environment).found["collector"] == "127.0.0.1:8080 accepts connections")
        }
    }

    @Test("the HTTP API: over TLS too; settings that are refused, files of no use, an address that others have")
    func http() async throws {
        try await withTemporaryFolder { folder in
            let files = try await Certificate.make(in: folder)
            let tls = ["TELEGEN_TLS_CERT": files.certificate, "TELEGEN_TLS_KEY": files.key]
            try await AgentUnderTest.run(tls) { agent in
                try await eventually("it listens") { agent.log.contains("listening on 127.0.0.1:8080 with TLS") }
                try await agent.beat(every: 60)
                #expect(try await agent.check().found["HTTP"] == "127.0.0.1:8080 answers")
                let mutual = try await agent.check(["TELEGEN_TLS_CLIENT_CA": files.certificate])
                #expect(mutual.found["HTTP"]?.contains("accepts connections") == true)
                let elsewhere = try await agent.check(["TELEGEN_LISTEN": "127.0.0.1:9"])
                #expect(elsewhere.statuses["HTTP"] == "warn")
                #expect(try await agent.check(["TELEGEN_LISTEN": "0.0.0.0:8080"]).statuses["HTTP"] == "fail")
                let wrong = try await agent.check(["TELEGEN_TLS_KEY": folder, "TELEGEN_TOKENS": "/nowhere"])
                #expect(wrong.code == 1 && wrong.found["HTTP files"]?.contains("TELEGEN_TLS_KEY=\(folder)") == true)
                try Data("operator 12".utf8).write(to: URL(filePath: folder + "/tokens"))
                let tokens = try await agent.check(["TELEGEN_TOKENS": folder + "/tokens"])
                #expect(tokens.found["HTTP files"]?.contains("/tokens, line 1") == true)
                let occupied = try await agent.check(["TELEGEN_LISTEN": "unix:" + folder + "/tokens"])
                #expect(occupied.found["HTTP"]?.contains("something else has that name") == true)
            }
        }
    }

    @Test("what hangs is told and not waited for")
    func hanging() async throws {
        try await AgentUnderTest.run { agent in
            let fifo = agent.folder + "/fifo"
            try #require(mkfifo(fifo, 0o600) == 0)
            let answer = try await agent.check(
                [
                    "TELEGEN_DB": "sonic", "TELEGEN_DB_CONFIG": fifo, "TELEGEN_TOKENS": fifo,
                    "OTEL_SDK_DISABLED": "false", "OTEL_EXPORTER_OTLP_CERTIFICATE": fifo,
                ], timeout: 1)
            #expect(answer.code == 1 && answer.found["databases"]?.contains("no answer within") == true)
            #expect(answer.found["HTTP files"]?.contains("takes longer") == true)
            #expect(answer.statuses["collector"] == "warn")
        }
    }
}
