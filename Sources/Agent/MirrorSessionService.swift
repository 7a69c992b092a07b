import Domain
import Logging
import ServiceLifecycle
import SonicDB

/// Keeps SONiC's `MIRROR_SESSION` as the jobs ask for it, and tells the reconciler what the switch makes of it.
///
/// While no job asks for hardware it looks once, for sessions that an earlier agent left, and then holds no connection.
struct MirrorSessionService: Service {
    static let configTable = "MIRROR_SESSION"
    static let stateTable = "MIRROR_SESSION_TABLE"

    let databases: Databases
    let reconciler: Reconciler
    /// No session is left when the agent ends.
    let removesAtEnd: Bool
    let clock: AgentClock
    let logger: Logger

    func run() async {
        let (config, state) = (Database(databases.config), Database(databases.state))
        await cancelWhenGracefulShutdown { await follow(config, state) }
        guard removesAtEnd, databases.server == nil else { return }
        do {
            var mirrors = HardwareMirrors()
            guard let observed = try await look(config, state) else { return }
            try await perform(mirrors.plan([:], observed), config)
        } catch {
            logger.warning("cannot remove the mirror sessions: \(error)")
        }
    }

    private func follow(_ config: Database, _ state: Database) async {
        var mirrors = HardwareMirrors()
        var watch: Task<Void, Never>?
        var alarm: Task<Void, Never>?
        var isTroubled = false
        defer {
            watch?.cancel()
            alarm?.cancel()
        }
        for await _ in reconciler.mirrorSignal.events {
            alarm?.cancel()
            // Nothing is known, or CONFIG_DB is being rebuilt: everything stays.
            guard let wishes = await reconciler.mirrorWishes else { continue }
            guard databases.server == nil else {
                await reconciler.update(hardware: wishes.mapValues { _ in .refused(reason: Self.noSwitch) })
                continue
            }
            do {
                guard let observed = try await look(config, state) else { continue }
                try await perform(mirrors.plan(wishes, observed), config)
                isTroubled = false
            } catch {
                if !isTroubled {
                    logger.error("cannot look after the mirror sessions", metadata: ["error": "\(error)"])
                }
                isTroubled = true
            }
            await reconciler.update(hardware: mirrors.states)
            if wishes.isEmpty {
                watch?.cancel()
                watch = nil
                await config.close()
                await state.close()
            } else if watch == nil {
                watch = Task { await watchTables() }
            }
            let next = isTroubled ? clock.uptime + .seconds(1) : mirrors.lookAgainAt
            if let next { alarm = ring(at: next) }
        }
    }

    private static let noSwitch =
        "mirror_mode asic asks the switch's orchestration agent, and there are no databases of SONiC here: set TELEGEN_DB "
        + "on a switch, or take another mirror_mode"

    /// Nil while CONFIG_DB is not whole: it is being rebuilt, and what is missing comes again. The reconciler hears of its
    /// end, and has new wishes then.
    private func look(_ config: Database, _ state: Database) async throws -> HardwareMirrors.Observed? {
        let view = try await config.readAll(table: Self.configTable, guardKey: databases.guardKey)
        guard databases.guardKey == nil || view.isWhole else { return nil }
        let sessions = view.rows
        let taken = try await state.readAll(table: Self.stateTable, guardKey: nil).rows
            .compactMapValues { if case .row(let row) = $0 { row.fields } else { nil } }
        return HardwareMirrors.Observed(
            sessions: sessions.compactMapValues { if case .row(let row) = $0 { row.fields } else { nil } },
            statuses: taken.mapValues { $0["status"] ?? "" }, ways: taken.compactMapValues { $0["monitor_port"] },
            uptime: clock.uptime)
    }

    private func perform(_ actions: [HardwareMirrors.Action], _ config: Database) async throws {
        for action in actions {
            switch action {
            case .set(let session):
                try await config.apply([.set(table: Self.configTable, key: session.name, fields: session.fields)])
                logger.notice("the switch is asked for a mirror", metadata: ["session": "\(session.name)"])
            case .clear(let name):
                try await config.apply([
                    .set(table: Self.configTable, key: name, fields: ["type": "ERSPAN"])
                ])
                try await config.apply([.delete(table: Self.configTable, key: name)])
                logger.notice(
                    "a mirror that CONFIG_DB has lost is taken off the switch", metadata: ["session": "\(name)"])
            case .delete(let name):
                try await config.apply([.delete(table: Self.configTable, key: name)])
                logger.notice("a mirror is taken off the switch", metadata: ["session": "\(name)"])
            }
        }
    }

    /// Whatever happens to sessions, in either database, is looked at.
    private func watchTables() async {
        await withTaskGroup { group in
            for (endpoint, table) in [(databases.config, Self.configTable), (databases.state, Self.stateTable)] {
                group.addTask {
                    let watcher = TableWatcher(endpoint, tables: [table], guardKey: nil, logger: logger)
                    for await _ in watcher.batches() { reconciler.mirrorSignal.send() }
                }
            }
        }
    }

    private func ring(at time: Duration) -> Task<Void, Never> {
        Task {
            guard (try? await Task.sleep(for: max(.milliseconds(50), time - clock.uptime))) != nil else { return }
            reconciler.mirrorSignal.send()
        }
    }
}
