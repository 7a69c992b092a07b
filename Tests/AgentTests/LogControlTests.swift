import Logging
import Testing

@testable import Agent

@Suite("What SONiC says of logging")
struct LogControlTests {
    @Test("acts upon every logger at once, and what is wrong is told")
    func live() {
        let control = LogControl(.notice, isFixed: false)
        let logger = control.makeLogger()
        #expect(control.row == ["LOGLEVEL": "NOTICE", "LOGOUTPUT": "STDERR"])
        #expect(control.apply(["LOGLEVEL": "DEBUG", "LOGOUTPUT": "SYSLOG"]).isEmpty)
        #expect(logger.logLevel == .debug && control.row == ["LOGLEVEL": "NOTICE", "LOGOUTPUT": "STDERR"])
        for (name, level) in [("EMERG", Logger.Level.critical), ("WARN", .warning), ("INFO", .info)] {
            #expect(control.apply(["LOGLEVEL": name]).isEmpty && logger.logLevel == level)
        }
        let problems = control.apply(["LOGLEVEL": "LOUD", "LOGOUTPUT": "PRINTER"])
        #expect(problems.count == 2 && problems[0].contains("must be one of") && logger.logLevel == .info)
        #expect(control.apply([:]).isEmpty && logger.logLevel == .notice)
    }

    @Test("is not what one copy of a logger is told")
    func copies() {
        let control = LogControl(.notice, isFixed: false)
        var copy = control.makeLogger()
        copy.logLevel = .warning
        #expect(copy.logLevel == .warning && control.makeLogger().logLevel == .notice)
        #expect(control.row["LOGLEVEL"] == "NOTICE")
    }

    @Test("gives way to the command line's level")
    func fixed() {
        let control = LogControl(.error, isFixed: true)
        #expect(control.apply(["LOGLEVEL": "DEBUG"]) == ["LOGLEVEL DEBUG: does not act, since --log-level says error"])
        #expect(control.makeLogger().logLevel == .error && control.apply(["LOGLEVEL": "ERROR"]).isEmpty)
    }
}
