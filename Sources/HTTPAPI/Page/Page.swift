import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird

/// The page for people at `/`: all of it is made here, so that it can be read without script; the script only asks for it
/// anew when something has changed, and starts and stops jobs.
struct Page: Sendable {
    let version: String
    /// Nil: a stranger, who is shown no job.
    let role: Role?
    /// What `GET /jobs` answers; nil: nobody knows.
    var jobs: [JSON]?
    /// What `GET …/results` answers of the job that is looked at.
    var results: JSON?
    /// Why not all is shown.
    var problem: Problem?

    var response: Response {
        Response(
            status: problem?.status ?? .ok,
            headers: [
                .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                .contentSecurityPolicy: Self.policy, HTTPField.Name("Referrer-Policy")!: "no-referrer",
            ], body: .init(byteBuffer: ByteBuffer(string: html.text)))
    }

    /// Nothing but this page's own script and style, and questions to where it comes from.
    private static let policy = """
        default-src 'none'; script-src '\(hash(PageScript.text))'; style-src '\(hash(PageStyle.text))'; \
        connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """

    private static func hash(_ text: String) -> String {
        "sha256-" + Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
    }

    var html: HTML {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
        <title>telegen-sonic</title><style>\(HTML(trusted: PageStyle.text))</style>
        <noscript><meta http-equiv="refresh" content="5"></noscript></head>
        <body data-role="\(role?.rawValue ?? "")">
        <header><h1><a href="/">telegen-sonic</a></h1><span>\(version)</span><output id="said" role="status"></output></header>
        \(Self.forms)
        <main>\(content)</main>
        <script>\(HTML(trusted: PageScript.text))</script>
        </body></html>

        """
    }

    private var content: HTML {
        guard role != nil else {
            return "<p>This agent wants a token: paste one above. (<code>telegen-sonic token</code> makes one.)</p>"
        }
        let details: HTML = results.map { PageDetails(results: $0).html } ?? ""
        let trouble: HTML = problem.map { "<p class=\"reason\">\($0.message)</p>" } ?? ""
        return "\(trouble)\(jobs.map { PageJobs(jobs: $0, mayAct: role == .operator).html } ?? "")\(details)"
    }

    /// They want the script, which shows those that are of use.
    private static let forms: HTML = """
        <form id="enter" hidden><label>Token <input name="token" type="password" autocomplete="off" required></label>
        <button>Enter</button></form>
        <form id="start" hidden><label>Port <input name="port" required maxlength="15" placeholder="Ethernet0"></label>
        <label>Name <input name="job_id" maxlength="64" pattern="[a-zA-Z0-9][a-zA-Z0-9_\\-]*" placeholder="a UUID"></label>
        <label>Direction <select name="direction"><option>ingress<option>egress<option>both</select></label>
        <label>Seconds <input name="duration_sec" type="number" min="1" placeholder="no end"></label>
        <label>Detail <select name="result_detail"><option>summary<option>flows<option>bursts<option>qos</select></label>
        <button>Start</button></form>
        """
}
