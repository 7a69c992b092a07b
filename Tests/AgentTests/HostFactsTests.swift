import OTLP
import Testing

@testable import Agent

@Suite("What the agent says of its device")
struct HostFactsTests {
    @Test(
        "has the vendor that a platform of SONiC is named after",
        arguments: [
            ("x86_64-dell_s6000_s1220-r0", "dell"), ("x86_64-kvm_x86_64-r0", "kvm"),
            ("arm64-nokia_ixs7215-r0", "nokia"),
            ("x86_64", nil), ("x86_64-dell", nil), ("", nil), ("-_", nil),
        ])
    func manufacturer(_ platform: String, _ vendor: String?) {
        #expect(HostFacts.manufacturer(ofPlatform: platform) == vendor)
    }

    @Test("follows OpenTelemetry's names, and what CONFIG_DB tells comes before what the system does")
    func resource() {
        let metadata = ["hostname": "leaf1", "platform": "x86_64-dell_s6000_s1220-r0", "hwsku": "Force10-S6000"]
        let told = HostFacts.resource(instanceID: "i", version: "1.2.3", metadata: metadata)
        let facts = Dictionary(told.map { ($0.key, $0.value) }) { first, _ in first }
        for (key, value) in [
            ("host.name", "leaf1"), ("device.manufacturer", "dell"), ("device.model.name", "Force10-S6000"),
            ("device.model.identifier", "x86_64-dell_s6000_s1220-r0"), ("service.instance.id", "i"),
            ("os.type", "linux"),
        ] {
            #expect(facts[key] == .string(value))
        }
        #expect(facts["host.arch"] != .string("x86_64"))
    }
}
