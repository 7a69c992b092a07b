// swift-tools-version: 6.2
import PackageDescription

let grpc: [Target.Dependency] = [
    .product(name: "GRPCCore", package: "grpc-swift-2"),
    .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
    .product(name: "SwiftProtobuf", package: "swift-protobuf"),
]
let hummingbird: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
]
let httpClient: [Target.Dependency] = [
    .product(name: "AsyncHTTPClient", package: "async-http-client"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
]
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// `make sanitize`: the modules without gRPC, whose dependencies are large and tested elsewhere.
let isSanitizing = Context.environment["TELEGEN_SANITIZE"] != nil
let sanitized: Set = [
    "CHiredis", "CLinux", "CLibbpf", "CTelegenBPF", "BPFPrograms", "bpf-embed", "BPFCompiler", "Domain", "SonicDB",
    "Dataplane", "TestSupport", "DomainTests", "SonicDBTests", "DataplaneTests",
]

let package = Package(
    name: "telegen-sonic",
    products: [.executable(name: "telegen-sonic", targets: ["telegen-sonic"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.12.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.30.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.0"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.0"),
        // Without FullFoundation, whose ICU is 12 MB of resident pages (docs/performance.md).
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.25.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: [
        // The C libraries: shims that reach what Swift cannot, no logic.
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CSwssEvents"),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CLibbpf", linkerSettings: [.linkedLibrary("bpf")]),

        // bpf/*.bpf.c, compiled by the plugin and embedded; the header that both sides read.
        .systemLibrary(name: "CTelegenBPF", path: "bpf/include"),
        .target(
            name: "BPFPrograms", path: "bpf", exclude: ["include", "shim", "count.bpf.c", "packet.h", "tables.h"],
            sources: ["BPFImage.swift"], plugins: ["BPFCompiler"]),
        .executableTarget(name: "bpf-embed"),
        .plugin(name: "BPFCompiler", capability: .buildTool(), dependencies: ["bpf-embed"]),

        // The house: the domain in the middle, what it is connected to around it.
        .target(name: "Domain"),
        .target(name: "SonicDB", dependencies: ["CHiredis", subprocess, logging]),
        .target(
            name: "Dataplane", dependencies: ["Domain", "CLibbpf", "CLinux", "CTelegenBPF", "BPFPrograms", logging]),
        .target(name: "OTLP", dependencies: grpc + httpClient + ["CZlib", logging]),
        .target(name: "HTTPAPI", dependencies: hummingbird + ["Domain", "SonicDB", crypto, lifecycle, logging]),
        .target(
            name: "Agent",
            dependencies: httpClient + [
                "Domain", "SonicDB", "Dataplane", "OTLP", "HTTPAPI", "CLinux", "CSwssEvents", lifecycle, logging,
            ]),
        .target(name: "CBuildStamp"),
        .executableTarget(
            name: "telegen-sonic",
            dependencies: httpClient + ["Agent", "Domain", "HTTPAPI", "CBuildStamp", argumentParser, signals]),

        // Real packets for tests, benchmarks and the demonstration; not shipped.
        .target(name: "CTraffic"),
        .target(name: "Traffic", dependencies: ["CTraffic"]),
        .executableTarget(name: "telegen-traffic", dependencies: ["Traffic", argumentParser]),

        // What the packet path costs, beside programs of the usual designs; not shipped.
        .target(
            name: "BenchPrograms", path: "bench/bpf", exclude: ["baseline.bpf.c"], sources: ["BPFImage.swift"],
            plugins: ["BPFCompiler"]),
        .target(name: "CBench", path: "bench/shim"),
        .executableTarget(
            name: "telegen-bench",
            dependencies: [
                "BenchPrograms", "BPFPrograms", "CBench", "CLibbpf", "CLinux", "CTelegenBPF", "Dataplane", "Domain",
                "OTLP",
                "Traffic", argumentParser,
            ]),

        .target(name: "TestSupport", dependencies: [logging], path: "Tests/TestSupport"),
        .testTarget(name: "DomainTests", dependencies: ["Domain", "TestSupport"]),
        .testTarget(name: "SonicDBTests", dependencies: ["SonicDB", "CHiredis", "TestSupport"]),
        .testTarget(name: "DataplaneTests", dependencies: ["Dataplane", "CLinux", "CTelegenBPF", "TestSupport"]),
        .testTarget(name: "OTLPTests", dependencies: ["OTLP", "TestSupport"]),
        .testTarget(
            name: "HTTPAPITests",
            dependencies: [
                "HTTPAPI", "Domain", "TestSupport", .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            ]),
        .testTarget(name: "CommandLineTests", dependencies: ["telegen-sonic", "HTTPAPI"]),
        .testTarget(name: "AgentTests", dependencies: ["Agent", "TestSupport"]),
        .testTarget(name: "TrafficTests", dependencies: ["Traffic"]),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "Agent", "Dataplane", "SonicDB", "OTLP", "HTTPAPI", "Traffic", "TestSupport", "BPFPrograms", "CLibbpf",
                "CLinux", "CTelegenBPF", subprocess, .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOCore", package: "swift-nio"),
            ]
                + grpc,
            exclude: ["Objects"]),
    ],
    swiftLanguageModes: [.v6]
)

if isSanitizing {
    package.products = []
    package.targets.removeAll { !sanitized.contains($0.name) }
    package.dependencies.removeAll { dependency in
        guard case .sourceControl(_, let location, _) = dependency.kind else { return false }
        return !["swift-log", "swift-subprocess"].contains { location.hasSuffix($0) }
    }
}
