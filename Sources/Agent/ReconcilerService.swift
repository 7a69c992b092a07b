import Dataplane
import Logging
import ServiceLifecycle

/// Runs the reconciler, woken by its own signal and by every change of the machine's devices.
struct ReconcilerService: Service {
    let reconciler: Reconciler
    let logger: Logger

    func run() async {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await reconciler.run() }
                group.addTask { await followDevices() }
                group.addTask { await lookAfterTaps() }
                group.addTask { await followBursts() }
                if reconciler.measuresCost { group.addTask { await measureCosts() } }
            }
        }
    }

    /// A status must be true within five seconds.
    private func lookAfterTaps() async {
        var most = 0
        while (try? await Task.sleep(for: .seconds(4))) != nil {
            await reconciler.lookAfterTaps()
            let count = await reconciler.statuses.count
            if count < most { Heap.giveBack() }
            most = count
        }
    }

    private func followBursts() async {
        while (try? await Task.sleep(for: BurstClock.interval)) != nil { await reconciler.readBursts() }
    }

    /// For a second a minute, because measuring makes every program of the machine slower.
    private func measureCosts() async {
        while (try? await Task.sleep(for: .seconds(10))) != nil {
            await reconciler.beginCost()
            try? await Task.sleep(for: .seconds(1))
            await reconciler.endCost()
            try? await Task.sleep(for: .seconds(49))
        }
    }

    private func followDevices() async {
        do {
            let monitor = try LinkMonitor()
            for await _ in monitor.changes {
                // Changes come in swarms: a port that comes up brings half a dozen.
                try? await Task.sleep(for: .milliseconds(30))
                reconciler.signal.send()
            }
        } catch {
            logger.error("ports that come and go are only noticed at the status interval: \(error)")
        }
    }
}
