import Dataplane
import Glibc
import Testing

@testable import Agent

@Suite("What check says of attaching")
struct AttachFindingTests {
    private static let works = AttachOutcome.works(how: "tried")
    private static let absent = AttachOutcome.absent(found: "not known", remedy: "set it")
    private static let untold = AttachOutcome.untold(found: "not seen", remedy: "look")
    private static let refused = AttachOutcome.refused(KernelError("attach", code: EPERM))

    @Test(
        "tcx where the kernel has it, clsact where it has not or is asked for; nothing else takes the place of a refusal",
        arguments: [
            (AttachChoice.auto, works, absent, Finding.Status.ok, "tcx, tried"),
            (.auto, absent, works, .ok, "clsact, tried"), (.auto, absent, absent, .fail, "clsact: not known"),
            (.auto, absent, untold, .warn, "clsact: not seen"), (.auto, absent, refused, .fail, "clsact: attach"),
            (.auto, refused, works, .fail, "tcx: attach: Operation not permitted"),
            (.tcx, works, absent, .ok, "tcx, tried"), (.tcx, absent, works, .fail, "tcx: not known"),
            (.clsact, works, absent, .fail, "clsact: not known"), (.clsact, absent, works, .ok, "clsact, tried"),
        ])
    func ways(
        choice: AttachChoice, tcx: AttachOutcome, clsact: AttachOutcome, status: Finding.Status, found: String
    ) {
        let finding = Finding.attach(choice, tcx: { tcx }, clsact: { clsact })
        #expect(finding.status == status && finding.found.hasPrefix(found))
        #expect((finding.remedy == nil) == (status == .ok))
    }

    @Test("a way that is not asked for is not looked at")
    func lazy() {
        _ = Finding.attach(.auto, tcx: { Self.works }, clsact: { fatalError("not asked for") })
        _ = Finding.attach(.clsact, tcx: { fatalError("not asked for") }, clsact: { Self.works })
    }

    @Test("modules are known by what is loaded, built in, shown with parameters, or lies in /lib/modules")
    func modules() {
        let modules = KernelModules(
            loaded: "veth 45056 0 - Live 0x0\ncls_bpf 28672 1 act_x, Live 0x0\n",
            builtIn: "kernel/net/sched/sch_ingress.ko\nkernel/drivers/net/dummy.ko\n",
            index: "kernel/net/ipv4/ip_gre.ko.xz: kernel/net/ipv4/gre.ko.xz\nkernel/lib/a-b.ko:\n", shown: ["tunnel4"])
        for (name, state) in [
            ("veth", KernelModules.State.present), ("cls_bpf", .present), ("sch_ingress", .present),
            ("tunnel4", .present), ("ip_gre", .loadable), ("a_b", .loadable), ("act_x", .absent), ("gre", .absent),
        ] { #expect(modules.state(of: name) == state, "\(name)") }
        #expect(modules.canGrow && modules.areListed)
        let fixed = KernelModules(loaded: nil, builtIn: "", index: "", shown: [])
        #expect(!fixed.canGrow && !fixed.areListed && fixed.state(of: "ip_gre") == .absent)
    }
}
