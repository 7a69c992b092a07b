import Dataplane
import Domain

/// Whether programs can stand at ports in one way.
enum AttachOutcome: Hashable {
    case works(how: String)
    /// The kernel has not got it.
    case absent(found: String, remedy: String)
    /// It cannot be seen from here.
    case untold(found: String, remedy: String)
    case refused(KernelError)
}

extension Finding {
    /// - Parameters:
    ///   - choice: `TELEGEN_ATTACH`.
    ///   - tcx, clsact: looked at only where the choice comes to them.
    static func attach(_ choice: AttachChoice, tcx: () -> AttachOutcome, clsact: () -> AttachOutcome) -> Finding {
        guard choice != .clsact else { return attach(.clsact, clsact()) }
        let outcome = tcx()
        if case .absent = outcome, choice == .auto { return attach(.clsact, clsact()) }
        return attach(.tcx, outcome)
    }

    private static func attach(_ type: AttachType, _ outcome: AttachOutcome) -> Finding {
        let name = "attaching"
        switch outcome {
        case .works(let how): return ok(name, "\(type), \(how)")
        case .absent(let found, let remedy): return fail(name, "\(type): \(found)", remedy)
        case .untold(let found, let remedy): return warn(name, "\(type): \(found)", remedy)
        case .refused(let error):
            return fail(name, "\(type): \(error.summary)", error.remedy ?? "see the kernel's log (dmesg)")
        }
    }
}
