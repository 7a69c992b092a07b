import HTTPAPI

/// What commands ask of jobs: of the databases, or of an agent's HTTP API. Requests and answers are those of the API.
protocol JobDoor: Sendable {
    func start(_ body: JSON) async throws -> JSON
    func list() async throws -> JSON
    func show(_ job: String) async throws -> JSON
    func results(_ job: String) async throws -> JSON
    func stop(_ job: String) async throws -> JSON
    func remove(_ job: String) async throws -> JSON
    /// The agent's own row; empty when there is none.
    func agent() async throws -> JSON
}

extension JobFacade: JobDoor {
    func start(_ body: JSON) async throws -> JSON { try await start(body, key: nil) }
    func list() async throws -> JSON { try await list([]) }
}
