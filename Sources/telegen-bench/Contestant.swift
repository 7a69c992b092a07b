import BenchPrograms

/// A program that takes part, in several instances: where the kernel places an instance changes what it costs by up to
/// some nanoseconds, because the processor's branch predictors go by addresses.
struct Contestant {
    let name: String
    let isNetwork: Bool
    let instances: [BPFObject]

    init(_ name: String, isNetwork: Bool = false, count: Int, load: () throws -> BPFObject) rethrows {
        self.name = name
        self.isNetwork = isNetwork
        instances = try (0..<count).map { _ in try load() }
    }

    static let baseline = BenchPrograms.BPFImage.baseline.bytes
    /// The name of the one that does nothing.
    static let empty = "empty"
    static let hash = "hash"
    static let sampled = "telegen_t 1:1000"

    /// The baselines, and the whole family.
    static func all(_ family: Family, instances: Int) throws -> [Contestant] {
        let baselines = try [empty, "cell", hash].map { name in
            try Contestant(name, count: instances) { try BPFObject(baseline, program: name) }
        }
        let programs = try Family.programs.map { name in
            try Contestant(name, isNetwork: name == "telegen_l3", count: instances) { try family.load(name) }
        }
        return try baselines + programs + [
            Contestant(sampled, count: instances) { try family.load("telegen_t", rate: 1000) }
        ]
    }

    /// The packet as this one meets it; nil when it never does.
    func frame(_ kind: PacketKind) -> [UInt8]? { isNetwork ? kind.withoutLink : kind.bytes }
}
