import Foundation
import HTTPAPI
import Testing
import Traffic

@Suite(
    "The page in a browser", .enabled(if: canRunAgent, "needs root, namespaces and redis-server"),
    .enabled(if: canBrowse, "needs chromium and chromium-driver: scripts/setup browser"))
struct BrowserTests {
    private static let page = "http://127.0.0.1:8080/"

    @Test("an operator starts a job there, sees its packets, sizes and flows, stops and removes it")
    func life() async throws {
        try await withPage { agent, browser in
            try await browser.open(Self.page)
            try await shows("No jobs", browser)
            try await browser.type("Ethernet0", into: "#start [name=port]")
            try await browser.type("web", into: "#start [name=job_id]")
            try await browser.type("flows", into: "#start [name=result_detail]")
            try await browser.click("#start button")
            try await shows("running", browser)
            let sent = try await agent.send(1000)
            let packets = String(sent.packets)
            try await shows("\(packets.dropLast(3))\u{202F}\(packets.suffix(3))", browser)
            try await browser.click("#jobs a")
            try await shows("Packets by size, ingress", browser)
            try await shows("Largest flows", browser)
            try await browser.tell("Emulation.setDeviceMetricsOverride", Self.window(1100, 850))
            try await keep("page", browser)
            try await browser.tell(
                "Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": "dark"]]])
            try await keep("page-dark", browser)
            try await browser.tell("Emulation.setDeviceMetricsOverride", Self.window(390, 844))
            try await keep("page-phone", browser)
            let width = try await browser.evaluate("return document.documentElement.scrollWidth")
            #expect(width == .integer(390), "nothing is wider than a phone")
            try await browser.click("[data-stop]")
            try await shows("disabled", browser)
            try await browser.click("[data-remove]")
            try await shows("No jobs", browser)
        }
    }

    @Test("it can be read without script, and what rows say is text there")
    func plain() async throws {
        try await withPage { agent, browser in
            try await agent.write("web", ["port": "Ethernet0", "vlan": "<img src=x onerror=alert(1)>"])
            try await agent.wait("web", is: "rejected")
            try await browser.tell("Emulation.setScriptExecutionDisabled", ["value": .bool(true)])
            try await browser.open(Self.page)
            try await browser.tell("Emulation.setScriptExecutionDisabled", ["value": .bool(false)])
            let text = try await browser.text()
            #expect(text.contains("rejected") && text.contains("Ethernet0") && text.contains("<img"), "\(text)")
            let images = try await browser.evaluate("return document.images.length + document.forms.start.offsetHeight")
            #expect(images == .integer(0))
        }
    }

    @Test("where tokens are wanted it asks for one, and who may only look has no buttons")
    func tokens() async throws {
        try await withTemporaryFolder { folder in
            let (look, act) = (Tokens.random(), Tokens.random())
            let lines = "read-only \(Tokens.hash(of: look))\noperator \(Tokens.hash(of: act))\n"
            try Data(lines.utf8).write(to: URL(filePath: folder + "/tokens"))
            try await withPage(["TELEGEN_TOKENS": folder + "/tokens"]) { agent, browser in
                try await agent.write("web", ["port": "Ethernet0"])
                try await browser.open(Self.page)
                try await shows("wants a token", browser)
                #expect(try await !browser.text().contains("Ethernet0"))
                try await browser.type(Tokens.random(), into: "#enter input")
                try await browser.click("#enter button")
                try await shows("the token is not known", browser)
                try await browser.type(look, into: "#enter input")
                try await browser.click("#enter button")
                try await shows("running", browser)
                let forms = try await browser.evaluate(
                    "return document.querySelectorAll('main button').length + document.forms.start.offsetHeight")
                #expect(forms == .integer(0))
                _ = try await browser.evaluate("sessionStorage.setItem('token', '\(act)'); location.reload()")
                try await eventually("it has buttons") {
                    try await browser.evaluate("return document.querySelectorAll('[data-stop]').length") == .integer(1)
                }
            }
        }
    }

    private static func window(_ width: Int64, _ height: Int64) -> JSON {
        [
            "width": .integer(width), "height": .integer(height), "deviceScaleFactor": .integer(1),
            "mobile": .bool(width < 600),
        ]
    }

    private func withPage(
        _ environment: [String: String] = [:], _ body: (AgentUnderTest, Browser) async throws -> Void
    ) async throws {
        try await AgentUnderTest.run(environment) { agent in
            try await Browser.run(in: agent.namespace, folder: agent.folder) { browser in
                try await body(agent, browser)
            }
        }
    }

    private func shows(_ text: String, _ browser: Browser) async throws {
        try await eventually("the page shows \(text)") { try await browser.text().contains(text) }
    }

    /// Keeps the picture where the documentation has it, when it is asked for.
    private func keep(_ name: String, _ browser: Browser) async throws {
        let picture = try await browser.screenshot()
        #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
        guard let folder = ProcessInfo.processInfo.environment["TELEGEN_SCREENSHOTS"] else { return }
        try picture.write(to: URL(filePath: "\(folder)/\(name).png"))
    }
}
