import Domain

extension StoredJob {
    /// What `GET` answers of a job.
    var answer: JSON {
        let state = state ?? [:]
        /// Of a rejected row the agent says nothing but why.
        func asked(_ field: String) -> String? {
            [state[field], row[field]].compactMap { $0 }.first { !$0.isEmpty }
        }
        return [
            "job_id": .string(name), "status": .string(status),
            "reason": .string(state["reason"] ?? "the agent has not looked at it yet"),
            "warnings": .array(warnings.map { .string($0) }), "port": JSON(text: asked("port")),
            "direction": .string(asked("direction") ?? WatchedDirection.ingress.rawValue),
            "interface": JSON(text: state["interface"]),
            "mode": JSON(text: state["mode"]), "sample_rate": JSON(number: state["sample_rate"]),
            "started_at": JSON(text: state["started_at"]), "ended_at": JSON(text: state["ended_at"]),
            "expires_at": JSON(text: state["expires_at"]), "packets": JSON(number: state["packets"] ?? "0"),
            "bytes": JSON(number: state["bytes"] ?? "0"), "pps": JSON(number: state["pps"] ?? "0"),
            "bps": JSON(number: state["bps"] ?? "0"), "origin": JSON(text: row["origin"]),
        ]
    }

    private var warnings: [String] {
        (state?["warnings"] ?? "").split(separator: "; ").map(String.init)
    }
}

/// What a job has measured: `GET …/results`.
struct JobResults: Sendable {
    let job: StoredJob
    /// Rows of TELEGEN_STATS_TABLE by direction.
    let statistics: [String: [String: String]]
    /// Rows of TELEGEN_FLOW_TABLE in the order of their ranks.
    let flows: [[String: String]]
    /// TELEGEN_AGENT_TABLE|global.
    let agent: [String: String]
    let now: UnixTime

    var answer: JSON {
        let state = job.state ?? [:]
        var members: [String: JSON] = [
            "job_id": .string(job.name), "status": .string(job.status), "window_sec": window,
            "packets_total": JSON(number: state["packets"] ?? "0"),
            "bytes_total": JSON(number: state["bytes"] ?? "0"), "sample_rate": JSON(number: state["sample_rate"]),
            "errors": [
                "parse_errors": .integer(sum(of: "parse_errors")), "filtered": .integer(sum(of: "filtered")),
            ],
            "top_flows": .array(flows.map(Self.flow)), "latency_histogram_ns": .null,
            "sizes": .object(statistics.mapValues(Self.sizes)), "otel_export": export,
        ]
        members["details"] = .object(statistics.mapValues(Self.details))
        return .object(members)
    }

    /// Seconds from the start to the end, or to now.
    private var window: JSON {
        guard let start = time("started_at") else { return .integer(0) }
        let end = time("ended_at") ?? now
        return .integer(Int64((max(end, start).nanoseconds - start.nanoseconds) / 1_000_000_000))
    }

    private func time(_ field: String) -> UnixTime? { job.state?[field].flatMap { UnixTime(rfc3339: $0) } }

    private func sum(of field: String) -> Int64 {
        statistics.values.reduce(0) { $0 &+ ($1[field].flatMap { Int64($0) } ?? 0) }
    }

    private var export: JSON {
        let isWanted = job.row["otlp_export"] != "false"
        return [
            "exported": .bool(isWanted && agent["otlp_status"] == "ok"), "endpoint": JSON(text: agent["otlp_endpoint"]),
            "status": JSON(text: isWanted ? agent["otlp_status"] : "not asked for"),
        ]
    }

    private static func flow(_ row: [String: String]) -> JSON {
        [
            "5tuple": JSON(text: row["five_tuple"]), "five_tuple": JSON(text: row["five_tuple"]),
            "source": JSON(text: row["source"]), "destination": JSON(text: row["destination"]),
            "proto": JSON(text: row["proto"]), "source_port": JSON(number: row["source_port"]),
            "destination_port": JSON(number: row["destination_port"]), "direction": JSON(text: row["direction"]),
            "pkts": JSON(number: row["packets"]), "bytes": JSON(number: row["bytes"]),
            "error_pkts": JSON(number: row["error_packets"]), "error_bytes": JSON(number: row["error_bytes"]),
            "first_seen": JSON(text: row["first_seen"]), "last_seen": JSON(text: row["last_seen"]),
        ]
    }

    /// By class; `bounds` are the upper ones, inclusive, one fewer than packets.
    private static func sizes(_ row: [String: String]) -> JSON {
        var members = ["bounds": list(row["size_bounds"])]
        for packetClass in PacketClass.allCases {
            let name = packetClass.name
            members[name] = [
                "packets": JSON(number: row["\(name)_packets"]), "bytes": JSON(number: row["\(name)_bytes"]),
                "counts": list(row["\(name)_sizes"]),
            ]
        }
        return .object(members)
    }

    /// What the job's `detail`, or its mirror, adds: numbers, and lists of them.
    private static func details(_ row: [String: String]) -> JSON {
        let common = Set(
            ["size_bounds", "parse_errors", "filtered"]
                + PacketClass.allCases.flatMap { name in ["packets", "bytes", "sizes"].map { "\(name.name)_\($0)" } })
        return .object(
            row.filter { !common.contains($0.key) }.mapValues { text in
                text.contains(",") ? list(text) : JSON(measure: text)
            })
    }

    private static func list(_ text: String?) -> JSON {
        .array((text ?? "").split(separator: ",").map { JSON(measure: String($0)) })
    }
}

extension JSON {
    /// A whole number, a fraction, or null for what is unknown.
    fileprivate init(measure text: String) {
        self = Int64(text).map { .integer($0) } ?? Double(text).map { .number($0) } ?? .null
    }
}
