import ArgumentParser
import HTTPAPI

struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start a job: write its row into CONFIG_DB.",
        discussion: """
            Filters: --filter ip_proto=tcp --filter l4_dport=443,8000-8100 (also l4_sport, src_cidr, dst_cidr, dscp). \
            The row stays until it is deleted; `stop` takes the job off its port, `results` shows its numbers.
            """)

    @Argument(help: "The port to watch: a port, PortChannel, or any network device.", completion: .port)
    var port: String?

    @Argument(help: "Seconds after which the job ends by itself.")
    var seconds: Int?

    @Option(name: .customLong("port"), help: .hidden)
    var portOption: String?

    @Option(name: .customLong("duration"), help: "The same as SECONDS.")
    var duration: Int?

    @Option(name: .customLong("job"), help: "The job's name; a UUID when it is not given.")
    var job: String?

    @Option(name: [.customLong("dir"), .customLong("direction")], help: "ingress, egress or both.")
    var direction: String?

    @Option(help: "span (the port itself), erspan, erspan-sink, asic or placeholder.")
    var spanMethod: String?

    @Option(help: "Ids of the outermost VLAN tag, with commas.")
    var vlan: String?

    @Option(help: "Count one packet in N, as N.")
    var sampleRate: Int?

    @Option(help: "NAME=VALUE[,VALUE…]; may be repeated.")
    var filter: [String] = []

    @Option(help: "What is measured beyond packets, bytes and sizes: flows, bursts, qos, with commas.")
    var detail: String?

    @OptionGroup var door: DoorOptions

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (port == nil) != (portOption == nil) else {
            throw ValidationError(port == nil ? "give a port" : "give the port once")
        }
        guard seconds == nil || duration == nil else { throw ValidationError("give the duration once") }
        _ = try filters
    }

    private var filters: [String: JSON] {
        get throws {
            var filters: [String: JSON] = [:]
            for text in filter {
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, filters[String(parts[0])] == nil else {
                    throw ValidationError("--filter \(text): must be NAME=VALUE, each name once")
                }
                filters[String(parts[0])] = Self.list(String(parts[1]))
            }
            return filters
        }
    }

    private static func list(_ text: String) -> JSON {
        .array(text.split(separator: ",", omittingEmptySubsequences: false).map { .string(String($0)) })
    }

    func run() async throws {
        var body: [String: JSON] = [:]
        body["port"] = (port ?? portOption).map { .string($0) }
        body["duration_sec"] = (seconds ?? duration).map { .integer(Int64($0)) }
        body["job_id"] = job.map { .string($0) }
        body["direction"] = direction.map { .string($0) }
        body["span_method"] = spanMethod.map { .string($0) }
        body["vlan"] = vlan.map(Self.list)
        body["sample_rate"] = sampleRate.map { .integer(Int64($0)) }
        body["result_detail"] = detail.map(Self.list)
        let filters = try filters
        if !filters.isEmpty { body["filters"] = .object(filters) }
        let request = JSON.object(body)
        try await ask(door, json: json) {
            try await $0.start(request)
        } text: { answer in
            "\(answer.text("job_id")): starting on \(answer.text("interface"))"
        }
    }
}
