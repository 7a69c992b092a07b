import Domain
import Testing

@testable import HTTPAPI

@Suite("A request for a job")
struct JobRequestTests {
    private static let now = UnixTime(nanoseconds: 1_800_000_000_000_000_000)

    private func request(_ text: String, mayNameEnds: Bool = false) throws -> JobRequest {
        try JobRequest(JSON(Array(text.utf8)), now: Self.now, mayNameEnds: mayNameEnds, origin: .api)
    }

    private func refusal(_ text: String, mayNameEnds: Bool = false) throws -> Problem? {
        do {
            _ = try request(text, mayNameEnds: mayNameEnds)
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    @Test("the shortest one is a row with its port")
    func short() throws {
        let job = try request(#"{"port": "Ethernet0", "direction": "ingress"}"#)
        #expect(job.name == nil)
        #expect(job.fields == ["port": "Ethernet0", "direction": "ingress", "origin": "api"])
    }

    @Test("every member becomes the field of a row that means the same")
    func members() throws {
        let job = try request(
            """
            {"job_id": "web-1", "port": "Ethernet0", "direction": "both", "span_method": "span", "vlan": [100, "200"],
             "filters": {"ip_proto": ["tcp", 17], "l4_sport": "1000-2000", "l4_dport": [443, 80], "dscp": 46,
                         "src_cidr": "192.0.2.0/24", "dst_cidr": ["198.51.100.0/24"]},
             "sample_rate": 10, "duration_sec": 60, "otlp_export": false, "result_detail": "flows", "top_flows": 4,
             "description": "the \\"web\\"", "erspan_key": 7}
            """)
        #expect(job.name?.text == "web-1")
        #expect(
            job.fields == [
                "origin": "api", "port": "Ethernet0", "direction": "both", "mirror_mode": "none", "vlan@": "100,200",
                "ip_proto@": "tcp,17", "l4_src_port@": "1000-2000", "l4_dst_port@": "443,80", "dscp@": "46",
                "src_prefix": "192.0.2.0/24", "dst_prefix": "198.51.100.0/24", "sample_rate": "10",
                "expires_at": "2027-01-15T08:01:00Z", "otlp_export": "false", "detail@": "flows", "top_flows": "4",
                "erspan_key": "7",
                "description": "the \"web\"",
            ])
    }

    @Test(
        "what is wrong is said by its name",
        arguments: [
            ("[]", "the body must be a JSON object"), ("{}", "port: must be given"),
            (#"{"port": 7}"#, "port: must be a text"), (#"{"port": "Ethernet0\n"}"#, "port"),
            (#"{"port": {}}"#, "port: must be a text"),
            (#"{"port": ["Ethernet0"]}"#, "port: must be a text"), (#"{"port": null}"#, "port: must be a text"),
            (#"{"port": "e", "sample_rate": "5"}"#, "sample_rate: must be a whole number"),
            (#"{"port": "e", "otlp_export": "true"}"#, "otlp_export: must be true or false"),
            (#"{"port": "e", "direction": "up"}"#, "direction"), (#"{"port": "e", "job_id": "../x"}"#, "job_id"),
            (#"{"port": "e", "job_id": 5}"#, "job_id"), (#"{"port": "e", "speed": 5}"#, "\"speed\": there is no such"),
            (#"{"port": "e", "origin": "api"}"#, "\"origin\""), (#"{"port": "e", "admin_state": "up"}"#, "admin_state"),
            (#"{"port": "e", "filters": 5}"#, "filters: must be an object"),
            (#"{"port": "e", "filters": {"ttl": 5}}"#, "filters.ttl: there is no such filter"),
            (#"{"port": "e", "filters": {"dscp": 64}}"#, "dscp"), (#"{"port": "e", "filters": {"dscp": []}}"#, "empty"),
            (#"{"port": "e", "filters": {"dscp": [[1]]}}"#, "filters.dscp"),
            (#"{"port": "e", "result_detail": ["flows", 5]}"#, "result_detail"),
            (#"{"port": "e", "vlan": 1.5}"#, "vlan"), (#"{"port": "e", "vlan": true}"#, "vlan"),
            (#"{"port": "e", "sample_rate": 0}"#, "sample_rate"), (#"{"port": "e", "sample_rate": -5}"#, "sample_rate"),
            (#"{"port": "e", "duration_sec": 0}"#, "duration_sec"),
            (#"{"port": "e", "duration_sec": 1e99}"#, "duration_sec"),
            (#"{"port": "e", "expires_at": "2030-01-01T00:00:00Z"}"#, "\"expires_at\": there is no such"),
            (#"{"port": "e", "result_detail": "pcaplike"}"#, "not offered"),
            (#"{"port": "e", "result_detail": 1}"#, "result_detail"), (#"{"port": "e", "span_method": "x"}"#, "span"),
            (#"{"port": "e", "mirror_mode": "none"}"#, "\"mirror_mode\": there is no such"),
        ])
    func wrong(body: String, message: String) throws {
        let problem = try #require(try refusal(body))
        #expect(problem.status == .badRequest && problem.error == "bad_request")
        #expect(problem.message.contains(message), "\(problem.message)")
    }

    @Test("tunnel end points are for those whom the operator allows them")
    func ends() throws {
        let body = #"{"port": "e", "span_method": "erspan", "erspan_remote": "192.0.2.1", "erspan_local": "192.0.2.2"}"#
        #expect(try refusal(body)?.status == .forbidden)
        #expect(try refusal(#"{"port": "e", "span_method": "asic"}"#)?.status == .forbidden)
        #expect(try refusal(#"{"port": "e", "span_method": "asic"}"#, mayNameEnds: true)?.status == .badRequest)
        #expect(try request(body, mayNameEnds: true).spec.erspan.remote == IPv4Address("192.0.2.1"))
    }
}
