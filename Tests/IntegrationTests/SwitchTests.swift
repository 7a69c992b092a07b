import Foundation
import SonicDB
import Testing

/// What the agent does for SONiC itself.
@Suite("A good citizen of SONiC", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"))
struct SwitchTests {
    @Test("the feature is up while the agent counts, and says why when it is not; others' fields stay")
    func feature() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            _ = try await agent.state.send(["HSET", "FEATURE|telegen", "state", "enabled"])
            func row() async throws -> [String: String] {
                try await Self.row("FEATURE", agent.state)
            }
            try await eventually("it is up") { try await row()["up_status"] == "true" }
            let told = try await row()
            #expect(
                told["state"] == "enabled" && told["fail_reason"] == "" && told["update_time"]?.hasSuffix("Z") == true)
            _ = try await agent.state.send(["DEL", "FEATURE|telegen"])
            try await eventually("it is told again") { try await row()["up_status"] == "true" }
            try await agent.end(SIGTERM)
            let last = try await row()
            #expect(last["up_status"] == "false" && last["fail_reason"] == "the agent has ended")
        }
    }

    @Test("swssloglevel changes what is logged while the agent runs; the row is made when it is missing")
    func logLevel() async throws {
        try await AgentUnderTest.onSONiC { agent, _ in
            func row() async throws -> [String: String] {
                try await Self.row("LOGGER", agent.config)
            }
            try await eventually("the row is there") { try await !row().isEmpty }
            let made = try await row()
            #expect(made.count == 2 && made["LOGLEVEL"] == "NOTICE" && made["LOGOUTPUT"] == "STDERR", "\(made)")
            _ = try await agent.config.send(["HSET", "LOGGER|telegen", "LOGLEVEL", "LOUD"])
            try await eventually("it says what is wrong") { agent.log.contains("LOGGER|telegen: LOGLEVEL") }
            _ = try await agent.config.send(["HSET", "LOGGER|telegen", "LOGLEVEL", "ERROR"])
            // No sign tells that it acts but what is not said any more.
            try await eventually("a transition is no more logged") {
                let name = "q" + UUID().uuidString.prefix(6)
                try await agent.write(name, ["port": "Ethernet0"])
                try await agent.wait(name, is: "running")
                try await agent.delete(name)
                return !agent.log.contains("job \(name) is running")
            }
        }
    }

    @Test("events are published by the switch's library, where it is")
    func events() async throws {
        try await withTemporaryFolder { folder in
            try await Self.compileStandIn(to: folder + "/libswsscommon.so.0")
            let environment = ["LD_LIBRARY_PATH": folder, "STAND_IN_EVENTS": folder + "/events"]
            func events() -> [String] {
                ((try? String(contentsOfFile: folder + "/events", encoding: .utf8)) ?? "").split(separator: "\n")
                    .map(String.init)
            }
            try await AgentUnderTest.onSONiC(environment) { agent, _ in
                try await agent.write("a", ["port": "Ethernet0"])
                try await agent.write("b", ["port": "Nowhere0"])
                try await agent.wait("a", is: "running")
                try await agent.wait("b", is: "waiting")
                try await agent.delete("a")
                let expected = [
                    "sonic-events-telegen:job-state job=a port=Ethernet0 status=running",
                    "sonic-events-telegen:job-state job=a status=deleted",
                ]
                try await eventually("they are told") { expected.allSatisfy(events().contains) }
                #expect(
                    events().contains {
                        $0.hasPrefix("sonic-events-telegen:job-state job=b port=Nowhere0 reason=port Nowhere0: no such")
                            && $0.hasSuffix(" status=waiting")
                    })
                #expect(!events().contains { $0.contains("status=starting") })
            }
        }
    }

    private static func row(_ table: String, _ database: Database) async throws -> [String: String] {
        let view = try await database.read(table: table, keys: ["telegen"], guardKey: nil)
        return if case .row(let row)? = view.rows["telegen"] { row.fields } else { [:] }
    }

    /// A library with the interface of swss-common's common/events_wrap.h (as it is since August 2022), which writes events
    /// into a file.
    private static func compileStandIn(to path: String) async throws {
        let source = """
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <stdint.h>
            typedef struct param_C { const char *name; const char *val; } param_C_t;
            static const char *name;
            void *events_init_publisher_wrap(const char *source) { name = strdup(source); return &name; }
            void events_deinit_publisher_wrap(void *handle) { (void)handle; }
            int event_publish_wrap(void *handle, const char *tag, const param_C_t *params, uint32_t params_cnt)
            {
                FILE *file = fopen(getenv("STAND_IN_EVENTS"), "a");
                if (!file || handle != &name) return -1;
                fprintf(file, "%s:%s", name, tag);
                for (uint32_t i = 0; i < params_cnt; i++)
                    fprintf(file, " %s=%s", params[i].name, params[i].val);
                fputs("\\n", file);
                return fclose(file);
            }
            """
        try source.write(toFile: path + ".c", atomically: true, encoding: .utf8)
        _ = try await output(of: [
            "sh", "-c",
            #""$(dirname "$(readlink -f "$(command -v swift)")")/clang" -O2 -shared -fPIC "$1.c" -o "$1""#, "sh", path,
        ])
    }
}
