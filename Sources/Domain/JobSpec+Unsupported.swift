extension JobSpec {
    /// Fields that have no effect yet in any mode, unless they say what holds anyway.
    private static let inert: Set<String> = [
        "sample_rate", "vlan", "ip_proto", "dscp", "l4_src_port", "l4_dst_port", "src_prefix", "dst_prefix", "detail",
    ]

    /// What this row asks for that is valid but not acted upon yet, a sentence each: `sample_rate 100: not supported
    /// yet`. Options of ERSPAN ask for nothing by themselves, the mode does.
    public func unsupported(agentDefault: AgentMirror) -> [String] {
        unsupportedMode(agentDefault) + unsupportedFields
    }

    private func unsupportedMode(_ agent: AgentMirror) -> [String] {
        switch effectiveMode(agent) {
        case .port, .placeholder: []
        case .erspan, .erspanSink, .asic: ["mirror_mode \(effectiveMode(agent).rawValue): not supported yet"]
        }
    }

    private var unsupportedFields: [String] {
        let plain = JobSpec(port: port)
        return Self.fieldRules.compactMap { rule in
            guard Self.inert.contains(rule.name), let text = rule.text(self), text != rule.text(plain)
            else { return nil }
            return "\(rule.name) \(text.printable(maxLength: 40)): not supported yet"
        }
    }
}
