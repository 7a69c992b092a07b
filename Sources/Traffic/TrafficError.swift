import Glibc

/// Why no traffic flows, with the remedy.
public enum TrafficError: Error, Hashable, Sendable, CustomStringConvertible {
    case noInterface(String)
    case notPermitted
    case system(String, errno: Int32)

    public var description: String {
        switch self {
        case .noInterface(let name):
            "no interface \(name) in this network namespace: see `ip link`, or enter the right one with "
                + "`nsenter --net=/run/netns/NAME`"
        case .notPermitted: "packet sockets need root or CAP_NET_RAW"
        case .system(let call, let code): "\(call): \(String(cString: strerror(code)))"
        }
    }

    /// The result of a call of the shim, which is a negative errno when it failed.
    static func check(_ result: Int32, _ call: String) throws(TrafficError) -> Int32 {
        switch -result {
        case EPERM: throw .notPermitted
        case let code where code > 0: throw .system(call, errno: code)
        default: return result
        }
    }
}

/// The kernel refused a frame.
public struct SendFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The refused frame's name.
    public let frame: String
    public let errno: Int32
    /// What it had taken before.
    public let sent: Tally

    public var description: String {
        let remedy =
            switch errno {
            case EMSGSIZE: "; give the interface a larger MTU"
            case ENOBUFS: "; the other end's backlog is full: lower --rate"
            case ENETDOWN: "; bring the interface up with `ip link set NAME up`"
            default: ""
            }
        return "frame \(frame) was refused: \(String(cString: strerror(errno)))\(remedy)"
    }
}
