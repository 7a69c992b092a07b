import CHiredis
import TestSupport
import Testing

@testable import SonicDB

@Suite("Random and damaged bytes")
struct FuzzTests {
    private static let document = Array(
        """
        {"INSTANCES": {"redis": {"hostname": "127.0.0.1", "port": 6379, "unix_socket_path": "/var/run/redis/redis.sock"}},
         "INCLUDES": [{"include": "../redis0/database_config.json", "namespace": "asic0"}],
         "DATABASES": {"CONFIG_DB": {"id": 4, "separator": "|", "instance": "redis"},
                       "STATE_DB": {"id": 6, "separator": "|", "instance": "redis"}}, "VERSION": "1.0"}
        """.utf8)

    @Test("as the map of databases are a map or an error in one bounded line", arguments: [1, 2, 3, 4] as [UInt64])
    func documents(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (maps, refusals) = (0, 0)
        for _ in 0..<fuzzCases / 4 {
            do {
                let map = try DatabaseMap(json: Self.document.mutated(using: &random))
                if (try? map.endpoint(of: "CONFIG_DB")) != nil { maps += 1 }
            } catch {
                refusals += 1
                let text = "\(error)"
                guard text.utf8.count < 4000, !text.contains(where: \.isNewline) else { return #expect(text == "") }
            }
        }
        #expect(maps > fuzzCases / 100 && refusals > fuzzCases / 100)
    }

    private static let replies = [
        "*3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n", "*2\r\n$1\r\n0\r\n*2\r\n$7\r\nTABLE|a\r\n$7\r\nTABLE|b\r\n",
        "-ERR unknown command\r\n",
        "*4\r\n$8\r\npmessage\r\n$28\r\n__keyspace@4__:TELEGEN_JOB|*\r\n$28\r\n__keyspace@4__:TELEGEN_JOB|a\r\n$4\r\nhset\r\n",
        "*-1\r\n", "$-1\r\n",
        "*2\r\n$-1\r\n*4\r\n$4\r\nport\r\n$9\r\nEthernet0\r\n$6\r\ndetail\r\n$0\r\n\r\n", ":9223372036854775807\r\n",
        "+OK\r\n", "+PONG\r\n",
    ].map { Array($0.utf8) }

    @Test("from a server are replies within our limits or are refused", arguments: [1, 2, 3, 4] as [UInt64])
    func replies(seed: UInt64) throws {
        let endpoint = DatabaseEndpoint(address: .unix(path: "/x"), id: 4, separator: "|")
        let subscription = Subscription(endpoint: endpoint, tables: ["TELEGEN_JOB"], guardKey: "G")
        var random = SeededGenerator(seed: seed)
        var (values, refusals) = (0, 0)
        for _ in 0..<fuzzCases / 4 {
            let reader = try #require(redisReaderCreate())
            defer { redisReaderFree(reader) }
            let limits = ReplyLimits(on: reader)
            withExtendedLifetime(limits) {
                let bytes = Self.replies.randomElement(using: &random)!.mutated(using: &random)
                _ = bytes.withUnsafeBytes { redisReaderFeed(reader, $0.baseAddress, $0.count) }
                // A damaged length leaves several replies, or parts of one.
                for _ in 0..<64 {
                    var raw: UnsafeMutableRawPointer?
                    guard redisReaderGetReply(reader, &raw) == REDIS_OK else {
                        refusals += 1
                        break
                    }
                    guard let raw else { break }
                    defer { freeReplyObject(raw) }
                    guard let value = RedisValue(copying: raw.assumingMemoryBound(to: redisReply.self)) else {
                        refusals += 1
                        break
                    }
                    values += 1
                    _ = (value.summary, value.text, value.fields, value.array, value.errorMessage)
                    _ = subscription.message(value)
                }
            }
        }
        #expect(values > fuzzCases / 100 && refusals > fuzzCases / 100)
    }
}
