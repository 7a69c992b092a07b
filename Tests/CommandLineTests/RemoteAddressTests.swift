import Testing

@testable import telegen_sonic

@Suite("The address of an agent")
struct RemoteAddressTests {
    @Test(
        "is a URL of HTTP, or a Unix socket",
        arguments: [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("https://switch.example/", "https://switch.example"),
            ("http://[::1]:8080", "http://[::1]:8080"), ("unix:/run/a b.sock", "http+unix://%2Frun%2Fa%20b.sock"),
        ])
    func good(_ text: String, _ url: String) throws {
        #expect(try RemoteAddress(text).url == url)
    }

    @Test("is one that others can read on the way to, or not")
    func readable() throws {
        for text in ["http://127.0.0.1:8080", "http://localhost/", "http://[::1]", "https://switch", "unix:/run/a"] {
            #expect(try !RemoteAddress(text).isReadable)
        }
        for text in ["http://switch:8080", "http://127.0.0.1.example", "http://10.0.0.1"] {
            #expect(try RemoteAddress(text).isReadable)
        }
    }

    @Test(
        "is nothing else, and never carries a password",
        arguments: [
            "", "switch:8080", "ftp://switch", "http://", "http:///jobs", "unix:run", "http://a b", "http://u:p@h",
        ])
    func bad(_ text: String) {
        #expect(throws: (any Error).self) { try RemoteAddress(text) }
    }
}
