import Glibc
import Testing
import Traffic

/// What the kernel that the tests run on can do.
enum KernelUnderTest {
    /// As `uname -r` says it.
    static let release: String = {
        var names = utsname()
        uname(&names)
        return withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }()

    static let hasTCX = isAtLeast(6, 6)

    /// Older verifiers follow mispredicted ways with less knowledge: 6.1 takes the programs without filter and details,
    /// 5.10 none.
    static let countsWithoutPerfmon = isAtLeast(6, 1)
    static let filtersWithoutPerfmon = isAtLeast(6, 12)

    /// In what is said of a map that has no place in memory: before Linux 5.11 one of 4 GiB or more is E2BIG.
    static let wordForTooLargeMaps = isAtLeast(5, 11) ? "memory" : "Argument list too long"

    /// Before Linux 5.11 maps are locked memory, of which only who has this right may have more.
    static let rightsOfAStart = isAtLeast(5, 11) ? [] : ["sys_resource"]

    /// TCP over IPv6 in packets of more than 64 KB.
    static let hasBigTCP = isAtLeast(5, 19)

    private static func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= (major, minor)
    }

    /// Every way in which a program can stand at a device here: the values of TELEGEN_ATTACH.
    static let attachTypes = hasTCX ? ["tcx", "clsact"] : ["clsact"]

    /// Before Linux 6.2 a raw socket may not send UDP that is still to be segmented.
    static func takes(_ frame: Frame) -> Bool { frame.offload?.kind != .udp || isAtLeast(6, 2) }

    /// The standard mix, as far as this kernel takes it.
    static func mix(mtu: Int = 9000, seed: UInt64 = 1) -> TrafficMix {
        let standard = TrafficMix.standard(mtu: mtu, seed: seed)
        guard !standard.frames.allSatisfy(takes) else { return standard }
        return TrafficMix(frames: standard.frames.filter(takes), seed: seed)
    }
}

@Suite("The kernel under test")
struct KernelUnderTestTests {
    /// So that a run on an older kernel says what it leaves out.
    @Test(
        "tests of both ways to attach try tcx",
        .enabled(if: KernelUnderTest.hasTCX, "tcx needs Linux 6.6; this is \(KernelUnderTest.release)"))
    func tcx() { #expect(KernelUnderTest.attachTypes.contains("tcx")) }
}
