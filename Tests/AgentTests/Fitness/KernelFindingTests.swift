import Dataplane
import Glibc
import Testing

@testable import Agent

@Suite("What check says of the kernel")
struct KernelFindingTests {
    @Test(
        "5.10 is the oldest kernel, tcx is there from 6.6 on, and a release without numbers is not believed",
        arguments: [
            ("4.19.0-12-2-amd64", Finding.Status.fail, "4.19"), ("5.4.0", .fail, "5.4"), ("5.9", .fail, "5.9"),
            ("5.10.0-30-2-amd64", .ok, "clsact"), ("6.1.0-29-2-amd64", .ok, "clsact"), ("6.5.13", .ok, "clsact"),
            ("6.6", .ok, "has tcx"), ("6.18.44-fc", .ok, "has tcx"), ("10.0", .ok, "has tcx"),
            ("", .warn, "release"), ("six.one", .warn, "six.one"), ("6", .warn, "6"),
        ])
    func releases(release: String, status: Finding.Status, found: String) {
        let finding = Finding.kernel(release)
        #expect(finding.status == status && finding.found.contains(found))
        #expect((finding.remedy == nil) == (status == .ok) && finding.remedy?.contains("5.10") != false)
    }

    @Test(
        "BTF is missed by an object of one's own alone, when no file has it either",
        arguments: [
            (true, String?.none, String?.none, Finding.Status.ok, "the embedded programs need none"),
            (false, nil, nil, .ok, "no /sys/kernel/btf/vmlinux"), (false, nil, "/f", .ok, "need none"),
            (true, "/o", nil, .ok, "/sys/kernel/btf"), (false, "/o", "/f", .ok, "/f"),
            (false, "/o", nil, .warn, "relocations"),
        ])
    func btf(isThere: Bool, object: String?, file: String?, status: Finding.Status, found: String) {
        let finding = Finding.btf(isThere: isThere, object: object, file: file)
        #expect(finding.status == status && finding.found.contains(found))
        #expect(finding.remedy?.contains("TELEGEN_BTF") == (status == .ok ? nil : true))
    }

    @Test("a program that is refused fails with the kernel's own words and the remedy of the error")
    func program() {
        #expect(Finding.program(nil, nil).status == .ok)
        #expect(Finding.program("/own.o", nil).found.contains("/own.o"))
        let refused = Finding.program(nil, KernelError("load program x", code: EPERM))
        #expect(refused.status == .fail && refused.found == "load program x: Operation not permitted")
        #expect(refused.remedy?.contains("CAP_BPF") == true)
        let strange = KernelError("find program x", code: ENOENT, detail: "why")
        #expect(Finding.program(nil, strange).found.contains("(why)"))
        #expect(Finding.program(nil, strange).remedy?.contains("dmesg") == true)
        #expect(Finding.program("/own.o", strange).remedy?.contains("TELEGEN_BPF_OBJECT") == true)
    }

    @Test(
        "a missing ip_gre matters to who has an end point of a tunnel",
        arguments: [
            (KernelModules.State.present, true, Finding.Status.ok), (.present, false, .ok), (.loadable, true, .ok),
            (.loadable, false, .ok), (.absent, false, .ok), (.absent, true, .warn),
        ])
    func gre(state: KernelModules.State, hasEnds: Bool, status: Finding.Status) {
        let finding = Finding.gre(state, hasEnds: hasEnds)
        #expect(finding.status == status && finding.found.contains("ip_gre"))
        #expect(finding.remedy?.contains("modprobe ip_gre") == (status == .ok ? nil : true))
    }

    @Test("bpffs is there, will be mounted, cannot be, or takes no pins")
    func bpffs() {
        let denied = KernelError("mount bpffs on /b", code: EPERM)
        let readOnly = KernelError("write into /b", code: EROFS)
        let closed = KernelError("write into /b/telegen-sonic", code: EACCES)
        for (isMounted, mounting, pinning, status, found, remedy) in [
            (true, nil, nil, Finding.Status.ok, "at /b", nil),
            (false, nil, nil, .ok, "the agent mounts it", nil),
            (false, denied, nil, .fail, "not permitted", "mount -t bpf bpf /b"),
            (true, nil, readOnly, .fail, "Read-only", "TELEGEN_BPFFS"),
            (true, nil, closed, .fail, "/b/telegen-sonic: Permission denied", "as root"),
            (true, nil, KernelError("write into /b", code: EIO), .fail, "Input/output", "TELEGEN_BPFFS"),
        ] as [(Bool, KernelError?, KernelError?, Finding.Status, String, String?)] {
            let finding = Finding.bpffs("/b", isMounted: isMounted, mounting: mounting, pinning: pinning)
            #expect(finding.status == status && finding.found.contains(found))
            #expect((finding.remedy == nil) == (remedy == nil) && finding.remedy?.contains(remedy ?? "") != false)
        }
    }

    @Test("in placeholder mode what is missing for counting is a warning, and stays what it is else")
    func softened() {
        let failure = Finding.kernel("4.19.0")
        #expect(failure.softened(.placeholder).status == .warn && failure.softened(.erspan) == failure)
        #expect(failure.softened(.placeholder).remedy == failure.remedy)
        let fine = Finding.kernel("6.12.0")
        #expect(fine.softened(.placeholder) == fine)
    }
}
