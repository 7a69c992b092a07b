import Domain
import Testing

@Suite struct IPv4AddressTests {
    @Test(arguments: ["0.0.0.0", "192.0.2.1", "255.255.255.255", "10.0.0.10"])
    func `An address is written as it is read`(text: String) throws {
        #expect(try #require(IPv4Address(text)).description == text)
    }

    @Test func `The first octet is the highest`() {
        #expect(IPv4Address("192.0.2.1")?.bits == 0xc000_0201)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "+1.2.3.4", "1..3.4", "1.2.3.", "a.b.c.d", "::1",
        "1.2.3.4%eth0", "１.2.3.4",
    ])
    func `What is not four numbers up to 255 is no address`(text: String) {
        #expect(IPv4Address(text) == nil)
    }
}
