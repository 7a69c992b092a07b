import HTTPAPI
import Testing

@testable import telegen_sonic

@Suite("The screen of top")
struct TopScreenTests {
    private static var model: TopModel {
        var model = TopModel()
        for pps: Int64 in [0, 4000, 8000] {
            model.take(
                list: TopModelTests.list(("web", pps, 1_234_567), ("db", 10, 5)),
                agent: ["version": "1.2.3", "heartbeat": "2026-11-28T12:00:00Z", "otlp_status": "ok"], results: nil)
        }
        return model
    }

    @Test("has a line for each job with rates, counts and what the rates were")
    func table() {
        let lines = TopScreen(model: Self.model, width: 100, height: 10).lines
        #expect(lines.count == 10)
        #expect(lines[0] == "telegen-sonic top  agent 1.2.3, heartbeat 2026-11-28T12:00:00Z, otlp ok")
        #expect(lines[1] == "2 jobs (2 running), 8.01 kpkt/s, 12.0 kb/s")
        #expect(lines[3].split(separator: " ") == ["job", "port", "direction", "status", "pkt/s", "b/s", "packets"])
        #expect(lines[4].hasPrefix("  web  Ethernet0  both       running  8.0 k"))
        #expect(lines[4].hasSuffix("1\u{202F}234\u{202F}567   ▄█"))
        #expect(lines[5].hasPrefix("> db "))
        #expect(lines[9].contains("Enter results"))
    }

    @Test("fits a terminal of any size, the selected job always in sight")
    func fits() {
        var model = TopModel()
        let jobs: [JSON] = (0..<50).map { ["job_id": .string("job\($0)"), "packets": .integer(Int64($0))] }
        model.take(list: ["jobs": .array(jobs)], agent: [:], results: nil)
        for step in 0..<50 {
            for (width, height) in [(20, 8), (80, 24), (200, 60)] {
                let lines = TopScreen(model: model, width: width, height: height).lines
                #expect(lines.count == height)
                #expect(lines.allSatisfy { $0.columns <= width })
                #expect(lines.count { $0.hasPrefix("> ") } == 1, "\(step)")
            }
            model.press(.down)
        }
        model.press(.character("p"))
        model.fail(String(repeating: "漢", count: 100))
        for (width, height) in [(0, 0), (1, 1), (40, 4), (60, 12)] {
            for _ in 0..<2 {
                model.press(.enter)
                let lines = TopScreen(model: model, width: width, height: height).lines
                #expect(lines.count == height && lines.allSatisfy { $0.columns <= width }, "\(width) x \(height)")
            }
        }
    }

    @Test("says that nobody has answered yet, and nothing of what it does not know")
    func asking() {
        var model = TopModel()
        model.fail("127.0.0.1:8080 does not answer")
        let lines = TopScreen(model: model, width: 80, height: 10).lines
        #expect(lines[0] == "telegen-sonic top  asking …" && lines[1] == "! 127.0.0.1:8080 does not answer")
        #expect(!lines.joined().contains("job"))
    }

    @Test("draws rates of any size")
    func extremes() {
        var model = TopModel()
        for pps in [Int64.max, .min, 0, 1, .max] {
            model.take(list: TopModelTests.list(("web", pps, .max / 100)), agent: ["version": "1"], results: nil)
        }
        #expect(TopScreen(model: model, width: 120, height: 10).lines[4].hasSuffix("█  ▁█"))
    }

    @Test("shows a job's results: classes, sizes as bars, flows")
    func results() {
        var model = Self.model
        model.press(.enter)
        #expect(TopScreen(model: model, width: 80, height: 20).lines.contains("asking for its results …"))
        let table: JSON = [
            "bounds": [.integer(64), .integer(128)],
            "ipv4": ["packets": .integer(6), "counts": [.integer(4), .integer(2), .integer(0)]],
            "other": ["packets": .integer(1), "counts": [.integer(0), .integer(0), .integer(1)]],
        ]
        model.take(
            list: TopModelTests.list(("web", 1, 7)), agent: [:],
            results: [
                "job_id": "web", "sizes": ["ingress": table],
                "top_flows": [["five_tuple": "udp 10.0.0.1:1 > 10.0.0.2:2", "pkts": .integer(5)]],
            ])
        let lines = TopScreen(model: model, width: 80, height: 20).lines
        #expect(lines.contains("ipv4 6   ipv6 0   icmp6 0   other 1"))
        #expect(lines.contains { $0.hasPrefix("<= 64 ") && $0.hasSuffix(String(repeating: "█", count: 46)) })
        #expect(lines.contains { $0.hasPrefix("<= 128 ") && $0.hasSuffix(" " + String(repeating: "█", count: 23)) })
        #expect(lines.contains { $0.hasPrefix("more ") })
        #expect(lines.contains("5 packets  udp 10.0.0.1:1 > 10.0.0.2:2"))
    }

    @Test("is plain ASCII where the terminal has nothing else, and for a file without keys")
    func plain() {
        let screen = TopScreen(model: Self.model, width: 100, height: 100, hasBlocks: false, isLive: false)
        #expect(screen.lines.joined().utf8.allSatisfy { (0x20..<0x7F).contains($0) })
        #expect(screen.lines.count == 6 && screen.lines[4].hasPrefix("web "))
        #expect(screen.lines[4].contains("1,234,567"))
    }

    @Test("colours the states, and ends every colour that it begins")
    func colours() {
        let lines = TopScreen(model: Self.model, width: 100, height: 10, style: .colours).lines
        #expect(lines[4].hasPrefix("\u{1B}[32m  web") && lines[4].hasSuffix("\u{1B}[0m"))
    }

    @Test("keys are what terminals send")
    func keys() {
        #expect(
            Terminal.parse(Array("\u{1B}[A\u{1B}OBjq\r".utf8)[...]) == [
                .up, .down, .character("j"), .character("q"), .enter,
            ])
        #expect(Terminal.parse([0x1B]) == [.escape])
        #expect(Terminal.parse(Array("\u{1B}[15~k".utf8)[...]) == [.character("k")])
        #expect(Terminal.parse([0x1B, 0x5B]) == [])
        #expect(Terminal.parse([0xC3, 0xA4, 0x03]) == [.character("\u{3}")])
    }
}
