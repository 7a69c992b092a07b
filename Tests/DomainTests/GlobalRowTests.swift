import Domain
import Testing

@Suite struct GlobalRowTests {
    @Test func `A row without fields sets nothing`() {
        let (row, problems) = GlobalRow.parse([:])
        #expect(row == GlobalRow())
        #expect(problems.isEmpty)
    }

    @Test func `Every field is read`() {
        let (row, problems) = GlobalRow.parse([
            "admin_state": "down", "otlp_endpoint": "collector:4317", "otlp_protocol": "http/protobuf",
            "otlp_interval": "3600", "status_interval": "300", "max_jobs": "4096",
        ])
        var expected = GlobalRow()
        (expected.adminState, expected.otlpEndpoint, expected.otlpProtocol) = (.down, "collector:4317", .httpProtobuf)
        (expected.otlpInterval, expected.statusInterval, expected.maxJobs) = (3600, 300, 4096)
        #expect(row == expected)
        #expect(problems.isEmpty)
    }

    @Test func `A bad value costs its own field only`() {
        let (row, problems) = GlobalRow.parse(["max_jobs": "0", "status_interval": "1", "otlp_protocol": "thrift"])
        #expect(row.maxJobs == nil)
        #expect(row.statusInterval == 1)
        let reasons = [
            #"otlp_protocol "thrift": must be grpc or http/protobuf"#, #"max_jobs "0": must be 1 to 4096"#,
        ]
        #expect(problems == reasons)
    }

    @Test func `An unknown field is a problem`() {
        #expect(GlobalRow.parse(["zeal": "1"]).problems == [#"unknown field "zeal": ignored"#])
    }

    @Test(arguments: [("otlp_interval", 3600), ("status_interval", 300), ("max_jobs", 4096)])
    func `A number is taken inside its range only`(field: String, last: Int) {
        for good in [1, last] { #expect(GlobalRow.parse([field: "\(good)"]).problems.isEmpty) }
        for bad in [0, last + 1] { #expect(GlobalRow.parse([field: "\(bad)"]).problems.count == 1) }
    }

    @Test(arguments: [
        "localhost", "localhost:4317", "192.0.2.1:1", "[::1]:4317", "[2001:db8::1]", "http://collector:4318",
        "https://collector.example/otlp", "http://[::1]:4318/v1/metrics?x=1",
    ])
    func `A collector's address is a host and port or a URL`(text: String) {
        let (row, problems) = GlobalRow.parse(["otlp_endpoint": text])
        #expect(row.otlpEndpoint == text)
        #expect(problems.isEmpty)
    }

    @Test(arguments: [
        "ftp://host", "http://", ":4317", "host:", "host:0", "host:65536", "host:x", "a b", "http://user@host", "[::1",
        "[zz]:1", "[]", "::1", "host:1:2", "[::1]x:1", "hôst", "/path", "http:/host:1", "[[::1]]",
    ])
    func `Other addresses are refused`(text: String) {
        let (row, problems) = GlobalRow.parse(["otlp_endpoint": text])
        #expect(row.otlpEndpoint == nil)
        #expect(problems.count == 1)
    }

    @Test func `A row of too many fields sets nothing`() {
        let fields = Dictionary(uniqueKeysWithValues: (0..<257).map { ("field\($0)", "x") })
        #expect(GlobalRow.parse(fields).problems == ["the row has 257 fields: must have at most 256"])
    }
}
