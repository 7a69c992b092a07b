import Foundation
import Glibc
import HTTPAPI

/// Whether pages can be looked at here: Debian's chromium and chromium-driver.
let canBrowse =
    FileManager.default.isExecutableFile(atPath: Browser.driver)
    || ProcessInfo.processInfo.environment["TELEGEN_REQUIRE_ALL"] == "1"

/// A headless Chromium in a namespace, by WebDriver (W3C).
struct Browser {
    static let driver = "/usr/bin/chromedriver"
    private static let address = "http://127.0.0.1:9515"

    private let namespace: Namespace
    private let session: String

    /// Runs `body` with a browser of its own, which is gone afterwards.
    static func run(in namespace: Namespace, folder: String, _ body: (Browser) async throws -> Void) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/nsenter")
        process.arguments = ["--net=\(namespace.path)", driver, "--port=9515"]
        process.environment = ["HOME": folder, "TMPDIR": folder, "PATH": "/usr/bin:/bin"]
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        let options: JSON = [
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        ]
        let wanted: JSON = ["capabilities": ["alwaysMatch": ["goog:chromeOptions": options]]]
        defer { kill(process.processIdentifier, SIGKILL) }
        let answer = try await Browser(namespace: namespace, session: "").send("POST", wanted)
        guard case .string(let id)? = answer["sessionId"] else { throw BrowserError(answer: "\(answer)") }
        let browser = Browser(namespace: namespace, session: "/" + id)
        let result = await Result { () async throws in try await body(browser) }
        _ = try await browser.send("DELETE")
        try result.get()
    }

    private func send(_ method: String, _ path: String = "", _ body: JSON? = nil) async throws -> JSON {
        let content = body.map {
            ["-H", "Content-Type: application/json", "-d", String(decoding: $0.bytes, as: UTF8.self)]
        }
        let text = try await namespace.run(
            ["curl", "-sS", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "-X", method]
                + (content ?? []) + [Self.address + "/session" + session + path], deadline: .seconds(60).stretched)
        let answer = try JSON(Array(text.utf8))["value"] ?? .null
        if let error = answer["error"] { throw BrowserError(answer: "\(error): \(answer["message"] ?? .null)") }
        return answer
    }

    private func send(_ method: String, _ body: JSON) async throws -> JSON { try await send(method, "", body) }

    func open(_ url: String) async throws { _ = try await send("POST", "/url", ["url": .string(url)]) }

    /// What a script on the page returns.
    func evaluate(_ script: String) async throws -> JSON {
        try await send("POST", "/execute/sync", ["script": .string(script), "args": []])
    }

    /// The page as a person reads it.
    func text() async throws -> String {
        guard case .string(let text) = try await evaluate("return document.body.innerText") else { return "" }
        return text
    }

    func type(_ text: String, into selector: String) async throws {
        _ = try await send("POST", "/element/\(find(selector))/value", ["text": .string(text)])
    }

    /// The page may be drawn anew between finding and clicking: then once more.
    func click(_ selector: String) async throws {
        for _ in 0..<20 {
            do {
                _ = try await send("POST", "/element/\(find(selector))/click", [:])
                return
            } catch let error as BrowserError where error.answer.contains("stale element") {}
        }
        throw BrowserError(answer: "\(selector) never stands still")
    }

    private func find(_ selector: String) async throws -> String {
        let answer = try await send(
            "POST", "/element", ["using": "css selector", "value": .string(selector)])
        guard case .object(let members) = answer, case .string(let id)? = members.values.first else {
            throw BrowserError(answer: "\(answer)")
        }
        return id
    }

    /// A command of the Chrome DevTools Protocol.
    func tell(_ command: String, _ parameters: JSON) async throws {
        _ = try await send("POST", "/goog/cdp/execute", ["cmd": .string(command), "params": parameters])
    }

    /// The window as a PNG.
    func screenshot() async throws -> Data {
        guard case .string(let text) = try await send("GET", "/screenshot"), let data = Data(base64Encoded: text) else {
            throw BrowserError(answer: "no screenshot")
        }
        return data
    }
}

struct BrowserError: Error {
    let answer: String
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
