extension JobSpec {
    /// The fields of a row of `TELEGEN_JOB`, in the order in which they are read.
    static let fieldRules: [FieldRule<JobSpec>] = taskRules + erspanRules + filterRules + resultRules

    /// Of every field, without `@`.
    public static let fieldNames = Set(fieldRules.map(\.name))

    /// Of those that hold lists and are stored with `@` behind their name.
    public static let listNames = Set(fieldRules.filter { $0.markedName != nil }.map(\.name))

    /// Of those that hold one number.
    public static let numberNames = Set(
        fieldRules.filter { rule in
            if case .number = rule.form { rule.markedName == nil } else { false }
        }.map(\.name))

    /// The field that every row must have.
    static let requiredField = "port"

    private static let taskRules: [FieldRule<JobSpec>] = [
        .one("port", .port, \.port),
        .one("direction", .choice, \.direction),
        .one("admin_state", .choice, \.adminState),
        .optional("mirror_mode", .choice, \.mirrorMode),
        .one("sample_rate", .number(1...16_777_216), \.sampleRate),
        .optional("expires_at", .time, \.expiresAt),
        .optional("description", .text, \.description),
        .optional("origin", .choice, \.origin),
    ]

    private static let erspanRules: [FieldRule<JobSpec>] = [
        .optional("erspan_remote", .ipv4, \.erspan.remote),
        .optional("erspan_local", .ipv4, \.erspan.local),
        .optional("erspan_key", .number(0...1023), \.erspan.key),
        .optional("erspan_name", .netdev, \.erspan.name),
        .optional("erspan_ttl", .number(1...255), \.erspan.ttl),
        .optional("erspan_tos", .typeOfService, \.erspan.tos),
        .one("erspan_ver", .number(1...2), \.erspan.version),
        .optional("erspan_truncate", .number(64...9216), \.erspan.truncate),
        .one("erspan_pps", .number(1...10_000_000), \.erspan.packetsPerSecond),
        .one("gre_type", .greType, \.erspan.greType),
        .optional("sink_port", .port, \.sinkPort),
    ]

    private static let filterRules: [FieldRule<JobSpec>] = [
        .list("vlan", .number(1...4094), \.filter.vlan),
        .list("ip_proto", .ipProtocol, \.filter.ipProto),
        .list("dscp", .number(0...63), \.filter.dscp),
        .list("l4_src_port", .portRange, \.filter.l4SourcePort),
        .list("l4_dst_port", .portRange, \.filter.l4DestinationPort),
        .optional("src_prefix", .prefix, \.filter.sourcePrefix),
        .optional("dst_prefix", .prefix, \.filter.destinationPrefix),
    ]

    private static let resultRules: [FieldRule<JobSpec>] = [
        .set("detail", .choice, \.detail),
        .one("top_flows", .number(1...1024), \.topFlows),
        .one("otlp_export", .flag, \.otlpExport),
    ]
}
