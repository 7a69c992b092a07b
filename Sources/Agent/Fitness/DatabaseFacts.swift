import Domain
import Glibc
import SonicDB

/// What there is of CONFIG_DB and STATE_DB.
struct DatabaseFacts: Sendable {
    /// Nil: it is not known where they are, for the problem.
    var place: Place?
    var problem: String?
    /// Nil: they are on a private server that the agent is still to start.
    var answers: Answers?
    /// Why nothing can be kept in `TELEGEN_STATE_DIR`.
    var folderProblem: String?

    enum Place: Hashable, Sendable {
        /// By this file.
        case sonic(map: String)
        /// Its program; nil: there is none in PATH.
        case privateServer(program: String?)

        var isPrivate: Bool { if case .privateServer = self { true } else { false } }
    }

    /// What they say when they are asked.
    struct Answers: Sendable {
        /// `TELEGEN|global`.
        var config: Result<TableView, RedisError>
        /// Whether CONFIG_DB has a key that says that it is whole.
        var hasGuard = true
        var state: Result<StatusView, RedisError>

        /// Whether SONiC is making CONFIG_DB anew.
        var isBeingRebuilt: Bool { hasGuard && (try? config.get())?.isWhole == false }

        /// Whether nobody listens where CONFIG_DB should be.
        var areNobodys: Bool {
            guard case .failure(.unavailable(_, let cause)) = config else { return false }
            return [ENOENT, ECONNREFUSED].contains { cause == String(cString: strerror($0)) }
        }
    }

    /// The row `TELEGEN|global`, with nothing in it where nobody says anything.
    var global: GlobalRow {
        let fields = (try? answers?.config.get())?.rows["global"]?.fields
        return GlobalRow.parse(fields ?? [:]).row
    }

    /// What STATE_DB says; nil: it cannot be known.
    var status: StatusView? {
        if let answers { return try? answers.state.get() }
        return place == nil ? nil : StatusView(agent: [:], jobs: [])
    }
}
