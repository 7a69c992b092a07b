/// Tables of CONFIG_DB that the agent reads.
public enum ConfigTable {
    public static let jobs = "TELEGEN_JOB"
    /// One row, `global`.
    public static let global = "TELEGEN"
}

/// Tables of STATE_DB that are the agent's.
public enum StateTable {
    public static let jobs = "TELEGEN_JOB_TABLE"
    /// A row for a job and direction: `<job>|<direction>`.
    public static let statistics = "TELEGEN_STATS_TABLE"
    /// A row for a job and rank: `<job>|<rank>`, from 1.
    public static let flows = "TELEGEN_FLOW_TABLE"
    /// One row, `global`.
    public static let agent = "TELEGEN_AGENT_TABLE"
    public static let owned = [jobs, statistics, flows, agent]
    /// Said of a row whenever something else of it has changed.
    public static let updatedAt = "updated_at"
}
