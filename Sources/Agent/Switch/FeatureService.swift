import Domain
import Logging
import ServiceLifecycle
import SonicDB

/// Tells SONiC whether the feature works: `FEATURE|telegen` of STATE_DB, which the switch's health monitor reads because
/// the package's manifest has `check_up_status`. The row's other fields are others'.
struct FeatureService: Service {
    static let table = "FEATURE"
    static let key = "telegen"

    let database: Database
    /// Why the agent does not do its work; nil: it does.
    let problem: @Sendable () async -> String?
    let interval: Duration

    init(_ state: DatabaseEndpoint, interval: Duration = .seconds(2), problem: @escaping @Sendable () async -> String?)
    {
        (database, self.interval, self.problem) = (Database(state), interval, problem)
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            repeat { await tell(await problem()) } while (try? await Task.sleep(for: interval)) != nil
        }
        await tell("the agent has ended")
    }

    /// Writes what the row does not say already; whoever cannot be reached is told next time.
    private func tell(_ problem: String?) async {
        let fields = ["up_status": problem == nil ? "true" : "false", "fail_reason": problem ?? ""]
        guard let view = try? await database.read(table: Self.table, keys: [Self.key], guardKey: nil) else { return }
        if case .row(let row)? = view.rows[Self.key], fields.allSatisfy({ row.fields[$0.key] == $0.value }) { return }
        let stamped = fields.merging(["update_time": UnixTime.now.text]) { own, _ in own }
        try? await database.apply([.set(table: Self.table, key: Self.key, fields: stamped)])
    }
}
