import ArgumentParser
import Glibc
import HTTPAPI
import UnixSignals

struct Top: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Watch the jobs live: rates, states, results.",
        discussion: """
            Keys: arrows or j and k select a job, Enter shows its results, s orders by another column, p pauses, q quits. \
            Where the output is no terminal, and with --json, it is printed again and again instead.
            """)

    @OptionGroup var door: DoorOptions

    @Option(help: "Seconds between two looks, 0.2 to 3600.")
    var interval = 1.0

    @Option(help: "End after so many looks; 0: never.")
    var count = 0

    @Flag(help: "Print a line of JSON at each look.")
    var json = false

    func validate() throws {
        guard (0.2...3600).contains(interval) else { throw ValidationError("--interval: must be 0.2 to 3600") }
        guard count >= 0 else { throw ValidationError("--count: must not be negative") }
    }

    func run() async throws {
        try await reporting {
            try await door.withDoor { door in
                if !json, count == 0, let terminal = Terminal() {
                    defer { terminal.restore() }
                    try await live(door, terminal)
                } else {
                    try await printed(door)
                }
            }
        }
    }

    /// One look after the other as text; the first that fails ends it.
    private func printed(_ door: any JobDoor) async throws {
        var model = TopModel()
        var looks = 0
        while true {
            let (list, agent) = (try await door.list(), try await door.agent())
            if json {
                let line: JSON = ["agent": agent, "jobs": list["jobs"] ?? []]
                print(String(decoding: line.bytes, as: UTF8.self))
            } else {
                model.take(list: list, agent: agent, results: nil)
                let screen = TopScreen(
                    model: model, width: 160, height: .max, hasBlocks: Locale.isUnicode, isLive: false)
                print(((looks > 0 ? [""] : []) + screen.lines).joined(separator: "\n"))
            }
            looks += 1
            // Whoever read this may be gone; with SIGPIPE ignored, as NIO does, this alone tells.
            guard fflush(nil) == 0, looks != count else { return }
            try await Task.sleep(for: .seconds(interval))
        }
    }

    private enum Event: Sendable {
        case key(TopModel.Key)
        case look(list: JSON, agent: JSON, results: JSON?, problem: String?)
        case problem(String)
        case tick
        case resized
        case end
    }

    private func live(_ door: any JobDoor, _ terminal: Terminal) async throws {
        let (events, eventsIn) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(256))
        // Each asks for a look, with the results of a job.
        let (wishes, wishesIn) = AsyncStream<String?>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withTaskGroup { group in
            group.addTask {
                for await key in Terminal.keys { eventsIn.yield(.key(key)) }
                eventsIn.yield(.end)
            }
            group.addTask {
                for await signal in await UnixSignalsSequence(trapping: .sigwinch, .sigterm, .sighup, .sigint) {
                    eventsIn.yield(signal == .sigwinch ? .resized : .end)
                }
            }
            group.addTask {
                repeat { eventsIn.yield(.tick) } while (try? await Task.sleep(for: .seconds(interval))) != nil
            }
            group.addTask { for await job in wishes { eventsIn.yield(await look(door, job)) } }
            var model = TopModel()
            loop: for await event in events {
                switch event {
                case .key(let key):
                    model.press(key)
                    if model.showsResults, model.results == nil { wishesIn.yield(model.selected) }
                case .tick: wishesIn.yield(model.showsResults ? model.selected : nil)
                case .look(let list, let agent, let results, let problem):
                    model.take(list: list, agent: agent, results: results, problem: problem)
                case .problem(let problem): model.fail(problem)
                case .resized: break
                case .end: break loop
                }
                if model.isOver { break }
                let (width, height) = Terminal.size
                terminal.draw(
                    TopScreen(
                        model: model, width: width, height: height, style: Locale.hasColours ? .colours : .plain,
                        hasBlocks: Locale.isUnicode
                    ).lines)
            }
            group.cancelAll()
        }
    }

    private func look(_ door: any JobDoor, _ job: String?) async -> Event {
        do {
            let (list, agent) = (try await door.list(), try await door.agent())
            // A job that is gone is missed in the list.
            guard let job, list.array("jobs").contains(where: { $0.text("job_id") == job }) else {
                return .look(list: list, agent: agent, results: nil, problem: nil)
            }
            do {
                return .look(list: list, agent: agent, results: try await door.results(job), problem: nil)
            } catch {
                return .look(list: list, agent: agent, results: nil, problem: "\(job): \(error)")
            }
        } catch {
            return .problem("\(error)")
        }
    }
}

/// What the environment says of the terminal.
enum Locale {
    /// setlocale(3): the first that is set counts.
    static var isUnicode: Bool {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { Environment.all[$0] }
        let name = names.first { !$0.isEmpty }?.lowercased() ?? ""
        return name.contains("utf-8") || name.contains("utf8")
    }

    /// Unless whoever sits there wants none (no-color.org).
    static var hasColours: Bool { (Environment.all["NO_COLOR"] ?? "").isEmpty && Environment.all["TERM"] != "dumb" }
}
