import Testing

@testable import HTTPAPI

@Suite("The page for people")
struct PageTests {
    private let job: JSON = [
        "job_id": "web", "status": "running", "reason": "", "warnings": ["a<b"], "port": "Ethernet0",
        "direction": "ingress", "mode": "port", "sample_rate": .integer(1), "packets": .integer(1_234_567),
        "bytes": .integer(987_654_321), "pps": .integer(1234), "bps": .integer(56_789_000),
    ]

    @Test("what rows say never becomes markup")
    func escaped() {
        let evil = #"<script>alert("1")</script>'&"#
        guard case .object(var members) = job else { return #expect(Bool(false)) }
        members["reason"] = .string(evil)
        let text = Page(version: evil, role: .operator, jobs: [.object(members)]).html.text
        #expect(!text.contains("<script>alert"))
        #expect(text.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;"))
        #expect(text.contains("Warning: a&lt;b"))
    }

    @Test("numbers are grouped, rates short")
    func figures() {
        #expect(Figures.grouped(0) == "0" && Figures.grouped(999) == "999")
        #expect(Figures.grouped(1000) == "1\u{202F}000" && Figures.grouped(1_234_567) == "1\u{202F}234\u{202F}567")
        #expect(Figures.grouped(-12_345) == "-12\u{202F}345" && Figures.grouped(.max).hasPrefix("9\u{202F}223"))
        for (number, text) in [
            (0, "0 "), (999, "999 "), (1000, "1.0 k"), (1234, "1.23 k"), (12_345, "12.3 k"), (999_499, "999 k"),
            (999_500, "1.0 M"), (56_789_000, "56.8 M"), (100_000_000_000, "100 G"),
        ] {
            #expect(Figures.short(Int64(number), "") == text)
        }
    }

    @Test("it can be read without script, and acts only for an operator")
    func roles() {
        let mine = Page(version: "1", role: .operator, jobs: [job]).html.text
        #expect(
            mine.contains("1\u{202F}234\u{202F}567") && mine.contains("56.8 Mb") && mine.contains("data-stop=\"web\""))
        let theirs = Page(version: "1", role: .readOnly, jobs: [job]).html.text
        #expect(theirs.contains("Ethernet0") && !theirs.contains("data-stop=\"web\""))
        let nobodys = Page(version: "1", role: nil).html.text
        #expect(nobodys.contains("wants a token") && !nobodys.contains("<table id=\"jobs\""))
        #expect(Page(version: "1", role: .readOnly, jobs: []).html.text.contains("No jobs"))
    }

    @Test("nothing on it comes from elsewhere, and its policy lets nothing in")
    func alone() {
        let page = Page(version: "1", role: .operator, jobs: [job])
        let addresses = page.html.text.replacing("http://www.w3.org/2000/svg", with: "")
        #expect(!addresses.contains("http:") && !addresses.contains("https:") && !addresses.contains("src="))
        #expect(!page.html.text.contains(" style=") && !page.html.text.contains(" onclick="))
        let policy = page.response.headers[.contentSecurityPolicy] ?? ""
        #expect(policy.hasPrefix("default-src 'none'; script-src 'sha256-") && !policy.contains("unsafe"))
    }

    @Test("sizes are those of all classes; only buckets with packets are shown")
    func sizes() {
        let results: JSON = [
            "job_id": "web", "packets_total": .integer(30), "bytes_total": .integer(3000), "window_sec": .integer(7),
            "errors": ["parse_errors": .integer(1), "filtered": .integer(2)],
            "sizes": [
                "ingress": [
                    "bounds": [.integer(64), .integer(128)],
                    "ipv4": ["counts": [.integer(10), .integer(0), .integer(5)]],
                    "ipv6": ["counts": [.integer(15), .integer(0), .integer(0)]],
                ]
            ],
            "top_flows": [["five_tuple": "a>b", "direction": "ingress", "pkts": .integer(4), "bytes": .integer(400)]],
        ]
        let text = PageDetails(results: results).html.text
        #expect(text.contains("≤ 64") && !text.contains("≤ 128") && text.contains(">more<"))
        #expect(text.contains("width=\"100.0%\"") && text.contains("width=\"20.0%\""))
        #expect(text.contains("<code>a&gt;b</code>"))
    }
}
