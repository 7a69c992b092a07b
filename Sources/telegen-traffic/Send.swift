import ArgumentParser
import Traffic

struct Send: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends frames and prints their tally.",
        discussion: """
            The standard mix holds every kind that the interface's MTU allows and that a veth carries to its other end. \
            Stops at the count, after the seconds, or on SIGINT or SIGTERM, whichever comes first, and always prints what \
            was sent.
            """)

    @Option(help: "The interface to send through.")
    var interface: String

    @Option(help: "How many frames to send; 1000000 unless --seconds is given.")
    var count: Int?

    @Option(help: "How long to send.")
    var seconds: Double?

    @Option(help: "Frames per second.")
    var rate = Sender.defaultRate

    @Option(help: "The seed of the sequence; the same one gives the same frames in the same order.")
    var seed: UInt64 = 1

    @Option(help: "Kinds to send, separated by commas: names of `list`, or their beginnings up to a hyphen.")
    var only: String?

    @Option(help: "A file in which to keep the JSON tally of what was sent so far, twice a second.")
    var progressFile: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard count.map({ $0 > 0 }) ?? true else { throw ValidationError("--count is 1 or more") }
        guard rate > 0 else { throw ValidationError("--rate is 1 or more") }
        guard seconds.map({ $0 > 0 && $0 <= 1e6 }) ?? true else { throw ValidationError("--seconds is 0 to 1000000") }
        _ = try chosenFrames()
    }

    func run() async throws {
        let sender = try Sender(interface: interface)
        let chosen = try chosenFrames().map { TrafficMix(frames: $0, seed: seed) }
        let mix = chosen ?? .standard(mtu: sender.mtu, seed: seed)
        let session = try Session(interface: interface, seed: seed)
        try progressFile.map { try session.report(Tally()).write(to: $0) }
        do {
            let tally = try await untilSignalled { try await transmit(mix, sender, session) }
            let report = try session.report(tally)
            try publish(report)
            guard report.drops.lost == 0 else { throw FramesLost(report: report) }
        } catch let failure as SendFailure {
            try publish(session.report(failure.sent))
            throw failure
        }
    }

    private func transmit(_ mix: TrafficMix, _ sender: Sender, _ session: Session) async throws -> Tally {
        try await sender.send(
            mix, count: count ?? (seconds == nil ? 1_000_000 : nil), duration: seconds.map { .seconds($0) }, rate: rate
        ) { tally in
            // It could be written before; should it fail now, the last write says so.
            if let progressFile { try? session.report(tally).write(to: progressFile) }
        }
    }

    private func publish(_ report: Report) throws {
        Output.print(json ? try report.json() : report.text())
        try progressFile.map { try report.write(to: $0) }
    }

    /// Nil when `--only` is not given.
    private func chosenFrames() throws -> [Frame]? {
        try only?.split(separator: ",").flatMap { name in
            let frames = Corpus.matching(String(name))
            guard !frames.isEmpty else { throw ValidationError("no kind of frame is called \(name); see `list`") }
            return frames
        }
    }
}

/// The device itself dropped frames, so that nobody can count them all.
struct FramesLost: Error, CustomStringConvertible {
    let report: Report

    var description: String {
        "\(report.interface) lost \(report.drops.lost) of the frames that it was given; lower --rate"
    }
}
