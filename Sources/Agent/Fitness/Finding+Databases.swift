import SonicDB

extension Finding {
    static func databases(_ facts: DatabaseFacts, folder: String) -> [Finding] {
        guard let place = facts.place else {
            return [
                fail(
                    "databases", facts.problem ?? "do not tell where they are",
                    "start SONiC's database, correct TELEGEN_DB_CONFIG or NAMESPACE_ID, or set TELEGEN_DB=private")
            ]
        }
        let isRunning = facts.answers != nil
        return [databases(place, isRunning: isRunning)] + (facts.answers.map(answers) ?? [])
            + [stateFolder(folder, facts.folderProblem, keepsRows: place.isPrivate)]
    }

    private static func databases(_ place: DatabaseFacts.Place, isRunning: Bool) -> Finding {
        let name = "databases"
        switch place {
        case .sonic(let map): return ok(name, "SONiC's, by \(map)")
        case .privateServer where isRunning: return ok(name, "the agent's private server")
        case .privateServer(let program?): return ok(name, "private: the agent starts \(program)")
        case .privateServer(nil):
            return fail(
                name, "private, and there is no redis-server in PATH",
                "install it (apt-get install redis-server), or set TELEGEN_DB=sonic and TELEGEN_DB_CONFIG")
        }
    }

    private static func answers(_ answers: DatabaseFacts.Answers) -> [Finding] {
        var config = answer("CONFIG_DB", answers.config)
        if answers.isBeingRebuilt {
            config = warn(
                "CONFIG_DB", "is being rebuilt: CONFIG_DB_INITIALIZED is absent",
                "wait for `config reload`; on a Redis without SONiC: redis-cli -n 4 SET CONFIG_DB_INITIALIZED 1")
        }
        return [config, answer("STATE_DB", answers.state)]
    }

    private static func answer(_ name: String, _ result: Result<some Any, RedisError>) -> Finding {
        switch result {
        case .success: ok(name, "answers")
        case .failure(let error):
            fail(
                name, "\(error.endpoint): \(error.cause)",
                error.remedy ?? "start redis-server, or see its log; the agent waits for it")
        }
    }

    private static func stateFolder(_ folder: String, _ problem: String?, keepsRows: Bool) -> Finding {
        let name = "state folder"
        guard let problem else { return ok(name, folder) }
        let remedy = "let this user write there, or set TELEGEN_STATE_DIR"
        return keepsRows
            ? fail(name, "\(folder): \(problem): the private database has no place", remedy)
            : warn(name, "\(folder): \(problem): streams of metrics begin anew at each start", remedy)
    }
}
