import Domain
import Logging

@testable import HTTPAPI

extension API {
    /// The API over the databases of a test, of an agent that cannot count.
    static func overRedis(
        _ redis: TestRedis, guardKey: String? = nil, tokens: String? = nil, isLocal: Bool = true, pace: Pace = Pace()
    ) -> API {
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let jobs = JobFacade(
            config: redis.endpoint(4), state: redis.endpoint(6), guardKey: guardKey, mayNameEnds: false, origin: .api,
            now: { .now })
        return API(
            jobs: jobs,
            about: .init(
                version: "1.2.3", commit: "abc", buildDate: "today", bpfProblem: { "no BPF here" },
                metrics: { [Array("a 1\n".utf8), Array("b 2\n".utf8)] }),
            guards: Doorkeeper(
                tokens: Tokens(path: tokens, logger: quiet), isLocal: isLocal, pace: pace, logger: quiet),
            feed: JobFeed(jobs.store, logger: quiet))
    }
}
