import Domain
import HTTPAPI
import Logging

extension JobFacade {
    /// The jobs of the agent with these options, for whoever is at its machine; it need not run.
    public init(_ options: AgentOptions) throws {
        let databases = try Databases(options, logger: Logger(label: "telegen-sonic"))
        self.init(
            config: databases.config, state: databases.state, guardKey: databases.guardKey, mayNameEnds: true,
            origin: nil, now: { .now })
    }
}
