import Glibc
import OTLP
import SonicDB

/// Whether the collector of some settings can be reached.
struct CollectorLook: Sendable {
    let settings: ExporterSettings

    /// Within the limit.
    func finding(within limit: Duration) async -> Finding {
        await Patience.blocking(limit) { look(within: limit) }
            ?? .collector(settings.destination, "no connection within \(limit.text)")
    }

    /// Blocks.
    private func look(within limit: Duration) -> Finding {
        switch settings.makeTarget(version: "") {
        case .disabled: .ok("collector", "no metrics are exported (OTEL_SDK_DISABLED)")
        case .invalid(let reason): .collector(settings.destination, reason)
        case .exporter: .collector(settings.destination, connect(within: limit))
        }
    }

    /// Why there is no connection; nil: there was one.
    private func connect(within limit: Duration) -> String? {
        let addresses: [SocketAddress]
        switch settings.peer {
        case .unix(let path): addresses = [SocketAddress(path: path)]
        case .host(let host, let port):
            addresses = SocketAddress.resolve(host, port: port ?? 0)
            if addresses.isEmpty { return "the host's name is not known" }
        }
        var code: Int32?
        for address in addresses {
            code = address.obstacle(toConnectingWithin: limit)
            if code == nil { return nil }
        }
        return code.map { String(cString: strerror($0)) }
    }
}

extension Finding {
    /// - Parameter problem: why nothing can be delivered there; nil: it is reached.
    static func collector(_ destination: String, _ problem: String?) -> Finding {
        let name = "collector"
        guard let problem else { return ok(name, "\(destination) accepts connections") }
        return warn(
            name, "\(destination): \(problem)",
            "start one there, or set otlp_endpoint in TELEGEN|global or OTEL_EXPORTER_OTLP_ENDPOINT; counting needs none"
        )
    }
}
