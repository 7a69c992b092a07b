import ArgumentParser
import Glibc

struct Requests: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How soon the HTTP API answers many clients at once, at a steady rate.")

    @Option(help: "The port on 127.0.0.1.")
    var port: UInt16 = 8080

    @Option(help: "Clients, each with a connection of its own.")
    var clients = 200

    @Option(help: "Requests per second, of all clients together.")
    var rate = 2000.0

    @Option(help: "For how many seconds.")
    var seconds = 10.0

    @Argument(help: "What is asked for, in turn.")
    var paths = ["/jobs", "/healthz"]

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard clients > 0, rate > 0, seconds > 0, !paths.isEmpty else {
            throw ValidationError("clients, rate and seconds are more than 0")
        }
    }

    func run() throws {
        let load = try RequestLoad(port: port, clients: clients, paths: paths)
        try output.print(
            RequestReport(
                clients: clients, rate: rate, answers: try load.run(count: Int(rate * seconds), interval: 1 / rate)))
    }
}

/// What became of requests.
struct RequestReport: Encodable, CustomStringConvertible {
    let clients: Int
    let rate: Double
    let requests: Int
    /// By status.
    let answers: [Int: Int]
    /// From when a request was due to the end of its answer, in milliseconds.
    let median, p99, longest: Double

    init(clients: Int, rate: Double, answers: [RequestLoad.Answer]) {
        (self.clients, self.rate, requests) = (clients, rate, answers.count)
        self.answers = answers.reduce(into: [:]) { $0[$1.status, default: 0] += 1 }
        let sorted = answers.map(\.milliseconds).sorted()
        func quantile(_ share: Double) -> Double { sorted.isEmpty ? 0 : sorted[Int(Double(sorted.count - 1) * share)] }
        (median, p99, longest) = (quantile(0.5), quantile(0.99), quantile(1))
    }

    var description: String {
        let statuses = answers.sorted { $0.key < $1.key }.map { "\($0.value) x \($0.key)" }.joined(separator: ", ")
        return """
            \(clients) clients, \(rate.rounded(to: 0)) requests/s: \(statuses); median \(median.rounded(to: 2)) ms, \
            p99 \(p99.rounded(to: 2)), longest \(longest.rounded(to: 2))
            """
    }
}
