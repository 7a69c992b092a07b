extension JobSpec {
    /// What this row asks for that is valid but not acted upon yet, a sentence each. Options of ERSPAN ask for nothing by
    /// themselves, the mode does.
    public func unsupported(agentDefault: AgentMirror) -> [String] {
        switch effectiveMode(agentDefault) {
        case .port, .erspan, .erspanSink, .placeholder: []
        case .asic: ["mirror_mode \(effectiveMode(agentDefault).rawValue): not supported yet"]
        }
    }
}
