import Dataplane
import Testing

@testable import Agent

@Suite("What check says of rights and limits")
struct RightsFindingTests {
    private let all: Set<Capability> = [.bpf, .netAdmin, .perfmon, .sysAdmin]

    private func statuses(
        _ rights: Set<Capability>, kernel: KernelVersion? = KernelVersion(6, 12), measuresCost: Bool = false
    ) -> [String: Finding.Status] {
        let findings = Finding.rights(rights, kernel: kernel, measuresCost: measuresCost)
        return Dictionary(uniqueKeysWithValues: findings.map { ($0.name, $0.status) })
    }

    @Test("BPF and NET_ADMIN are needed, PERFMON is missed, SYS_ADMIN only where the cost is to be measured")
    func rights() {
        #expect(statuses(all) == ["CAP_BPF": .ok, "CAP_NET_ADMIN": .ok, "CAP_PERFMON": .ok])
        #expect(statuses([]) == ["CAP_BPF": .fail, "CAP_NET_ADMIN": .fail, "CAP_PERFMON": .warn])
        #expect(statuses(all.subtracting([.bpf]))["CAP_BPF"] == .fail)
        #expect(statuses(all.subtracting([.netAdmin]))["CAP_NET_ADMIN"] == .fail)
        #expect(statuses(all, measuresCost: true)["CAP_SYS_ADMIN"] == .ok)
        #expect(statuses(all.subtracting([.sysAdmin]), measuresCost: true)["CAP_SYS_ADMIN"] == .warn)
        for finding in Finding.rights([], kernel: nil, measuresCost: true) {
            #expect(finding.remedy?.contains(finding.name) == true)
        }
    }

    @Test(
        "what a missing PERFMON costs depends on the kernel",
        arguments: [
            (KernelVersion(5, 10), "no program"), (KernelVersion(6, 0), "no program"),
            (KernelVersion(6, 1), "with filter, flows or QoS"), (KernelVersion(6, 11), "with filter, flows or QoS"),
            (KernelVersion(6, 12), "three to eight times"), (nil, "three to eight times"),
        ] as [(KernelVersion?, String)])
    func perfmon(kernel: KernelVersion?, found: String) {
        let finding = Finding.rights([.bpf, .netAdmin], kernel: kernel, measuresCost: false).last
        #expect(finding?.status == .warn && finding?.found.contains(found) == true)
    }

    @Test("without /proc nothing is claimed")
    func unknown() {
        let findings = Finding.rights(nil, kernel: nil, measuresCost: true)
        #expect(findings.map(\.status) == [.warn] && findings[0].remedy?.contains("/proc") == true)
    }

    @Test(
        "locked memory matters before Linux 5.11: too little for the counters fails, enough for those alone is a warning",
        arguments: [
            (nil, KernelVersion(5, 10), .ok),
            (65536, KernelVersion(5, 11), .ok),
            (65536, KernelVersion(6, 12), .ok), (65536, KernelVersion(5, 10), .fail), (65536, nil, .fail),
            (1 << 20, KernelVersion(5, 10), .warn), (1_048_575, KernelVersion(5, 10), .fail),
        ] as [(UInt64?, KernelVersion?, Finding.Status)])
    func memory(limit: UInt64?, kernel: KernelVersion?, status: Finding.Status) {
        let finding = Finding.lockedMemory(limit, needed: 1 << 20, kernel: kernel)
        #expect(finding.status == status && finding.remedy?.contains("memlock") == (status == .ok ? nil : true))
    }

    @Test(
        "open files are a warning where they are fewer than all jobs may hold",
        arguments: [
            (UInt64(8), "8: room for 0 jobs with filters or details"),
            (1024, "1024: room for 198 jobs with filters or details"),
            (2591, "2591: room for 511 jobs with filters or details"), (2592, nil), (.max, nil),
        ] as [(UInt64, String?)])
    func files(limit: UInt64, found: String?) {
        let finding = Finding.openFiles(limit, jobs: 512)
        #expect(finding.status == (found == nil ? .ok : .warn) && finding.found == found ?? "\(limit)")
    }
}
