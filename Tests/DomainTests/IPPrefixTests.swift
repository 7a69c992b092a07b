import Domain
import Testing

@Suite struct IPPrefixTests {
    @Test(arguments: [
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::8:800:200C:417A", "2001:db8::8:800:200c:417a"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
        ("0:0:0:0:0:0:0:0", "::"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("::ffff:c000:201", "::ffff:192.0.2.1"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    ])
    func `An IPv6 address has one canonical text`(text: String, canonical: String) throws {
        let address = try #require(IPv6Address(text))
        #expect(address.description == canonical)
        #expect(IPv6Address(canonical) == address)
    }

    @Test(arguments: [
        "", ":", ":::", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "+1::", "::-1",
        "1.2.3.4::", "::1.2.3.4:5", "::1.2.3", "fe80::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", "::1:2:3:4:5:6:7:8", " ::1",
    ])
    func `What RFC 4291 does not have is no IPv6 address`(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test(arguments: [
        "0.0.0.0/0", "10.0.0.0/8", "192.0.2.1/32", "192.0.2.128/25", "::/0", "2001:db8::/32", "::1/128",
    ])
    func `A prefix is written as it is read`(text: String) throws {
        #expect(try #require(IPPrefix(text)).description == text)
    }

    @Test(arguments: [
        "10.0.0.1/8", "0.0.0.1/0", "192.0.2.129/25", "2001:db8::1/32", "8000::/0", "10.0.0.0", "10.0.0.0/33", "::/129",
        "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/", "/8", "10/8", "10.0.0.0/255.0.0.0",
    ])
    func `A prefix without length, out of range or with host bits is none`(text: String) {
        #expect(IPPrefix(text) == nil)
    }
}
