import Domain

/// What a client asks to be made: a job's name, when it gives one, and the fields of its row.
struct JobRequest: Hashable, Sendable {
    let name: JobName?
    /// As CONFIG_DB has them, lists as `vlan@`.
    let fields: [String: String]
    let spec: JobSpec

    /// Reads a body of `POST /jobs/start`.
    ///
    /// - Parameters:
    ///   - mayNameEnds: the operator allows tunnel end points in requests.
    init(_ body: JSON, now: UnixTime, mayNameEnds: Bool, origin: Origin? = nil) throws(Problem) {
        guard case .object(let members) = body else { throw .bad("the body must be a JSON object") }
        var draft = Draft()
        draft.fields["origin"] = origin?.rawValue
        for (member, value) in members.sorted(by: { $0.key < $1.key }) {
            try draft.take(member, value, now)
        }
        (name, fields) = (draft.name, draft.fields)
        let isAsic = draft.fields["mirror_mode"] == MirrorMode.asic.rawValue
        if !mayNameEnds, let end = Self.ends.first(where: { isAsic || draft.fields[$0] != nil }) {
            throw .forbidden(
                "\(end): the operator of this agent does not allow requests to name tunnel end points "
                    + "(TELEGEN_API_ALLOW=tunnel-ends does)")
        }
        do { spec = try JobSpec.parse(fields).spec } catch { throw .bad(error.reason) }
    }

    /// Members that are fields of a row by the same name.
    static let plain = JobSpec.fieldNames.subtracting(
        ["origin", "admin_state", "mirror_mode", "detail", "expires_at"] + filters.values)
    fileprivate static let filters = [
        "ip_proto": "ip_proto", "l4_sport": "l4_src_port", "l4_dport": "l4_dst_port", "src_cidr": "src_prefix",
        "dst_cidr": "dst_prefix", "dscp": "dscp",
    ]
    private static let ends = ["erspan_remote", "erspan_local", "erspan_name", "sink_port"]
}

/// A request as far as it was read.
private struct Draft {
    var name: JobName?
    var fields: [String: String] = [:]

    private static let most = 365 * 24 * 3600

    mutating func take(_ member: String, _ value: JSON, _ now: UnixTime) throws(Problem) {
        switch member {
        case "job_id":
            guard case .string(let text) = value, let name = JobName(text) else {
                throw .bad("job_id: must be a text of 1 to 64 letters, digits, - and _, a letter or digit first")
            }
            self.name = name
        case "filters":
            guard case .object(let members) = value else { throw .bad("filters: must be an object") }
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                guard let field = JobRequest.filters[name] else {
                    let known = JobRequest.filters.keys.sorted().joined(separator: ", ")
                    throw .bad("filters.\(name.prefix(40)): there is no such filter, only \(known)")
                }
                try set(field, Self.texts(value, of: "filters.\(name)"), of: "filters.\(name)")
            }
        case "span_method":
            let known = ["span": "none"].merging(["erspan", "erspan-sink", "asic", "placeholder"].map { ($0, $0) }) {
                $1
            }
            guard let mode = known[value.word] else {
                throw .bad("span_method: must be span, erspan, erspan-sink, asic or placeholder")
            }
            try set("mirror_mode", [mode], of: member)
        case "result_detail":
            let words = try Self.texts(value, of: member)
            guard !words.contains("pcaplike") else {
                throw .bad("result_detail: pcaplike is not offered: this agent keeps no packets")
            }
            guard words.allSatisfy(["summary", "flows", "bursts", "qos"].contains), !words.isEmpty else {
                throw .bad("result_detail: must be summary, flows, bursts or qos, or an array of these")
            }
            let details = words.filter { $0 != "summary" }
            if !details.isEmpty { try set("detail", details, of: member) }
        case "duration_sec":
            guard case .integer(let seconds) = value, (1...Int64(Self.most)).contains(seconds) else {
                throw .bad("duration_sec: must be a whole number of seconds, 1 to \(Self.most)")
            }
            try set("expires_at", [now.adding(seconds: UInt64(seconds)).rfc3339], of: member)
        default:
            guard JobRequest.plain.contains(member) else {
                throw .bad("\(member.prefix(40).debugDescription): there is no such member: see /openapi.json")
            }
            switch value {
            case .integer where JobSpec.numberNames.contains(member), .bool where member == "otlp_export": break
            case .string where !JobSpec.numberNames.contains(member) && member != "otlp_export": break
            case _ where ["vlan", "gre_type"].contains(member): break
            default: throw .bad("\(member): must be \(Self.allowed(in: member))")
            }
            try set(member, Self.texts(value, of: member), of: member)
        }
    }

    private static func allowed(in member: String) -> String {
        if JobSpec.numberNames.contains(member) { return "a whole number" }
        if member == "otlp_export" { return "true or false" }
        return "a text"
    }

    private mutating func set(_ field: String, _ texts: [String], of member: String) throws(Problem) {
        let isList = JobSpec.listNames.contains(field)
        guard isList || texts.count == 1 else { throw .bad("\(member): must be one value") }
        guard texts.allSatisfy({ !$0.isEmpty }), !texts.isEmpty else { throw .bad("\(member): must not be empty") }
        let key = isList ? field + "@" : field
        guard fields[key] == nil else { throw .bad("\(member): is given twice, as \(field) too") }
        fields[key] = texts.joined(separator: ",")
    }

    /// Of a value or an array of values, numbers or texts.
    private static func texts(_ value: JSON, of member: String) throws(Problem) -> [String] {
        switch value {
        case .string(let text): return [text]
        case .integer(let number): return [String(number)]
        case .bool(let bool): return [String(bool)]
        case .array(let values) where values.count <= 64:
            var texts: [String] = []
            for value in values {
                if case .array = value { throw .bad("\(member): must be a value or an array of values") }
                texts += try Self.texts(value, of: member)
            }
            return texts
        case .array: throw .bad("\(member): must have at most 64 values")
        default: throw .bad("\(member): must be a text, a whole number, true or false, or an array of these")
        }
    }
}

extension JSON {
    fileprivate var word: String {
        if case .string(let text) = self { text } else { "" }
    }
}

extension UnixTime {
    fileprivate func adding(seconds: UInt64) -> UnixTime {
        UnixTime(nanoseconds: nanoseconds + seconds * 1_000_000_000)
    }
}
