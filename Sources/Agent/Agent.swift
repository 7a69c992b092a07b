import Dataplane
import Domain
import Glibc
import HTTPAPI
import Logging
import OTLP
import ServiceLifecycle
import SonicDB

/// The agent: rows of CONFIG_DB become taps, their counts go to STATE_DB and to a collector.
public struct Agent: Service {
    private let options: AgentOptions
    private let build: BuildInfo
    private let logs: LogControl
    private let logger: Logger

    public init(_ options: AgentOptions, build: BuildInfo, logs: LogControl) {
        self.options = options
        self.build = build
        self.logs = logs
        logger = logs.makeLogger()
    }

    /// Runs until SIGTERM or SIGINT, at any moment from now on; both flush once and leave the taps attached and
    /// counting.
    public func runUntilSignal() async throws {
        try await ServiceGroup(
            configuration: .init(services: [self], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        ).run()
    }

    public func run() async throws {
        Heap.prepare()
        // What the agent makes is its own until it says otherwise: a socket is there before its mode is set.
        umask(0o077)
        // Jobs and databases may come later; nobody waits for them.
        options.serviceManager?.tell("READY=1")
        guard let databases = await findDatabases() else { return }
        logger.notice("telegen-sonic \(build.version) (\(build.commit)) with databases \(databases.summary)")
        let openDataplane = try dataplaneOpener()
        try await databases.server?.start()

        let stateDatabase = Database(databases.state)
        let configDatabase = Database(databases.config)
        let earlier = (try? await StatePublisher(stateDatabase, logger: logger).load()) ?? [:]
        let events = databases.server == nil ? EventFollower(earlier: earlier, logger: logger) : nil
        let publisher = StatePublisher(stateDatabase, observer: events?.observer, logger: logger)
        let clock = AgentClock(after: earlier.lastExport)
        let reconciler = Reconciler(
            mirror: options.mirror, measuresCost: options.measuresCost, publisher: publisher, earlier: earlier,
            clock: clock, logger: logger, openDataplane: { try openDataplane(clock) },
            openTunnels: { [options, logger] in try TunnelDevices(namespaceID: options.namespaceID, logger: logger) })
        let source = await makeSource(reconciler, configDatabase, clock)
        let export = makeExport(source, clock)
        let ticker = StatusTicker(
            reconciler, publisher, export.exporter, build: build, database: databases.summary,
            interval: options.fixed.statusInterval ?? GlobalRow.defaultStatusInterval,
            detachOnExit: options.detachOnExit)
        let follower = ConfigFollower(
            database: configDatabase,
            watcher: TableWatcher(
                databases.config, tables: [ConfigTable.jobs, ConfigTable.global],
                rows: databases.server == nil ? [TableKey(table: LogControl.table, key: LogControl.key)] : [],
                guardKey: databases.guardKey, logger: logger),
            guardKey: databases.guardKey, reconciler: reconciler, settings: { await apply($0, ticker, export) },
            rowsChanged: { databases.server?.rowsChanged() }, logs: databases.server == nil ? logs : nil,
            isAway: { events?.follow("CONFIG_DB", $0) }, logger: logger)

        let mirrorSessions = MirrorSessionService(
            databases: databases, reconciler: reconciler, removesAtEnd: options.detachOnExit, clock: clock,
            logger: logger)
        var services: [any Service] = databases.server.map { [PrivateServerService(server: $0, logger: logger)] } ?? []
        services += [
            publisher, ticker, ReconcilerService(reconciler: reconciler, logger: logger), mirrorSessions, follower,
        ]
        services.append(export)
        if let manager = options.serviceManager {
            services.append(ServiceManagerService(manager: manager, reconciler: reconciler))
        }
        if databases.server == nil {
            services.append(FeatureService(databases.state) { await reconciler.problem })
        }
        if let door = makeDoor(reconciler, source, export, databases, clock) { services.append(door) }
        try await ServiceGroup(configuration: .init(services: services, logger: logger)).run()
        logger.notice("ended\(options.detachOnExit ? "" : "; taps that stand go on counting")")
    }

    /// Waits for SONiC to write its map of databases: restarts are rationed there, so the agent does not end over it.
    /// Nil: the agent was told to end meanwhile.
    private func findDatabases() async -> Databases? {
        var hasSaid = false
        while true {
            do {
                return try Databases(options, logger: logger)
            } catch {
                if !hasSaid { logger.error("waiting for SONiC's databases (or set TELEGEN_DB=private): \(error)") }
                hasSaid = true
                options.serviceManager?.tell("WATCHDOG=1", "STATUS=waiting for SONiC's databases")
                let pause: Void? = try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
                guard pause != nil else { return nil }
            }
        }
    }

    private func makeSource(
        _ reconciler: Reconciler, _ configDatabase: Database, _ clock: AgentClock
    ) async -> MetricsSource {
        let (instanceID, problem) = InstanceID.load(folder: options.stateDirectory, namespaceID: options.namespaceID)
        if let problem { logger.warning("\(problem)") }
        let metadata = try? await configDatabase.read(table: "DEVICE_METADATA", keys: ["localhost"], guardKey: nil)
        var device: [String: String] = [:]
        if case .row(let row)? = metadata?.rows["localhost"] { device = row.fields }
        let detected = HostFacts.resource(instanceID: instanceID, version: build.version, metadata: device)
        return MetricsSource(
            reconciler, resource: options.exporter.resource(detected: detected), version: build.version,
            withIfindex: options.metricIfindex, limit: options.cardinalityLimit, clock: clock, logger: logger)
    }

    private func makeExport(_ source: MetricsSource, _ clock: AgentClock) -> ExportService {
        let settings = (try? options.exporter.applying(GlobalRow(), fixed: options.fixed)) ?? options.exporter
        return ExportService(
            settings, version: build.version, source: source, start: clock.began,
            telemetry: options.selfTelemetry
                ? SelfTelemetry(start: clock.began.nanoseconds, limit: options.cardinalityLimit) : nil,
            logger: logger)
    }

    /// Nil: nobody is to enter.
    private func makeDoor(
        _ reconciler: Reconciler, _ source: MetricsSource, _ export: ExportService, _ databases: Databases,
        _ clock: AgentClock
    ) -> HTTPService? {
        guard let settings = options.http else { return nil }
        if let refusal = settings.refusal {
            logger.error("\(refusal)")
            return nil
        }
        let jobs = JobFacade(
            config: databases.config, state: databases.state, guardKey: databases.guardKey,
            mayNameEnds: settings.permissions.contains(.tunnelEnds), origin: .api, now: { clock.wall })
        let about = API.About(
            version: build.version, commit: build.commit, buildDate: build.date,
            bpfProblem: { await reconciler.bpfProblem },
            metrics: {
                guard let batch = await source.look() else { return nil }
                return PrometheusText(await export.exporter.withOwnMetrics(batch))
            })
        return HTTPService(settings, jobs: jobs, about: about, logger: logger)
    }

    /// What `TELEGEN|global` says takes effect at once.
    private func apply(_ row: GlobalRow, _ ticker: StatusTicker, _ export: ExportService) async {
        ticker.setInterval(
            seconds: options.fixed.statusInterval ?? row.statusInterval ?? GlobalRow.defaultStatusInterval)
        do {
            await export.apply(try options.exporter.applying(row, fixed: options.fixed))
        } catch {
            logger.warning("TELEGEN|global: \(error)")
        }
    }
}

extension Agent {
    /// How many taps there is room for; pinned maps keep the room that they were made with.
    static let slots = 2048

    /// The pin folder is locked at once, so that a second agent ends with a message; what else the kernel refuses
    /// means placeholder mode, tried again now and then.
    private func dataplaneOpener() throws -> @Sendable (AgentClock) throws -> sending Dataplane {
        let object = try options.bpfObject.map { try ObjectFiles.object($0) }
        if let btf = options.btf { try ObjectFiles.checkBTF(btf) }
        let held = try holdPins()
        return { [options, logger] clock in
            let pins = try held ?? PinFolder(bpffs: options.bpffs, namespaceID: options.namespaceID)
            let kernel = try LinuxKernel(pins: pins, slots: Self.slots, object: object, btf: options.btf)
            return try Dataplane(
                kernel: kernel, attach: options.attach, bootID: HostFacts.bootID.flatMap(BootID.init) ?? .zero,
                clock: { clock.forwardTime }, logger: logger)
        }
    }
}

extension Agent {
    /// Nil when there is nothing to hold yet. Throws when another agent holds it.
    private func holdPins() throws -> PinFolder? {
        guard options.mirror.mode != .placeholder else { return nil }
        do {
            return try PinFolder(bpffs: options.bpffs, namespaceID: options.namespaceID)
        } catch  where error.code == EWOULDBLOCK {
            throw AgentError("\(error)")
        } catch {
            return nil
        }
    }
}

/// Why the agent cannot start.
public struct AgentError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
