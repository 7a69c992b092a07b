import Testing

@testable import Domain

/// The fields of the Swift types and those of the YANG model are the same, each with the same type, range, words,
/// default and message.
@Suite struct ModelTests {
    /// A field as Swift has it, of either table.
    struct Field: Sendable, CustomTestStringConvertible {
        let name: String
        let form: ValueForm
        let isList: Bool
        let isRequired: Bool
        let defaultText: String?
        let leaf: YangStatement?

        var testDescription: String { name }

        init<Row>(_ rule: FieldRule<Row>, in leaves: [YangStatement], defaults: Row, required: String? = nil) {
            (name, form, isList, isRequired) = (rule.name, rule.form, rule.markedName != nil, rule.name == required)
            defaultText = rule.name == required ? nil : rule.text(defaults)
            leaf = leaves.first { $0.argument == rule.name }
        }
    }

    static let model = Result { try YangModel() }

    static let fields: [Field] = {
        guard let model = try? model.get(), let jobs = try? model.jobLeaves, let globals = try? model.globalLeaves
        else { return [] }
        let plainJob = JobSpec(port: NetdevName("Ethernet0")!)
        let job = JobSpec.fieldRules.map { Field($0, in: jobs, defaults: plainJob, required: JobSpec.requiredField) }
        return job + GlobalRow.fieldRules.map { Field($0, in: globals, defaults: plainGlobal) }
    }()

    /// What holds when the row of `TELEGEN|global` says nothing and the environment has no say either.
    private static var plainGlobal: GlobalRow {
        var row = GlobalRow()
        row.adminState = .up
        row.statusInterval = GlobalRow.defaultStatusInterval
        row.maxJobs = GlobalRow.defaultMaxJobs
        return row
    }

    @Test func `Both name the same fields`() throws {
        let model = try Self.model.get()
        #expect(try Set(model.jobLeaves.map(\.argument)) == Set(JobSpec.fieldRules.map(\.name) + ["name"]))
        #expect(try Set(model.globalLeaves.map(\.argument)) == Set(GlobalRow.fieldRules.map(\.name)))
    }

    @Test(arguments: fields)
    func `Lists are leaf-lists, and only the required field is mandatory`(field: Field) throws {
        let leaf = try #require(field.leaf)
        #expect(leaf.keyword == (field.isList ? "leaf-list" : "leaf"))
        #expect(leaf.value("max-elements") == (field.isList ? String(RowLimits.listEntries) : nil))
        #expect(leaf.value("mandatory") == (field.isRequired ? "true" : nil))
    }

    @Test(arguments: fields)
    func `Defaults are the same`(field: Field) throws {
        #expect(try #require(field.leaf).value("default") == field.defaultText)
    }

    @Test(arguments: fields)
    func `Words, ranges and types are the same`(field: Field) throws {
        let type = try #require(field.leaf?.all("type").first)
        switch field.form {
        case .choice(let words): #expect(try self.words(of: type) == words)
        case .number(let range): #expect(try bounds(of: type) == Int(range.lowerBound)...Int(range.upperBound))
        case .shape(let typedef, _): #expect(type.argument == typedef)
        }
    }

    @Test(arguments: fields)
    func `Messages are the same`(field: Field) throws {
        let model = try Self.model.get()
        let leaf = try #require(field.leaf)
        let typedef = try model.typedef(#require(leaf.value("type")))
        let base = typedef?.all("type").first.flatMap { $0.argument == "union" ? $0.all("type").last : $0 }
        let statements = leaf.flattened + (typedef?.flattened ?? [])
        let own = base?.argument == "netdev-name" ? model.typedef("netdev-name")?.flattened ?? [] : statements
        for statement in own where ["range", "length", "pattern", "must"].contains(statement.keyword) {
            #expect(statement.value("error-message") == "must be \(field.form.allowed)")
        }
    }

    @Test func `Everything in the model is described`() throws {
        let named = ["module", "typedef", "container", "list", "leaf", "leaf-list", "enum", "revision", "must"]
        for statement in try Self.model.get().module.flattened where named.contains(statement.keyword) {
            #expect(statement.value("description")?.isEmpty == false, "\(statement.keyword) \(statement.argument)")
        }
    }

    @Test func `A port is looked up among the ports and PortChannels, else it is not named like one`() throws {
        let model = try Self.model.get()
        let members = try #require(model.typedef("port-name")?.all("type").first).all("type")
        let paths = [
            "/port:sonic-port/port:PORT/port:PORT_LIST/port:name",
            "/lag:sonic-portchannel/lag:PORTCHANNEL/lag:PORTCHANNEL_LIST/lag:name",
        ]
        #expect(members.map(\.argument) == ["leafref", "leafref", "netdev-name"])
        #expect(members.compactMap { $0.value("path") } == paths)
        for name in ["eth0", "Vlan100", "etp1", "Ethernet0.100", "docker0"] {
            #expect(try model.accepts(name, members[2]))
        }
        for name in ["Ethernet0", "Ethernet", "Ethernet-BP0", "PortChannel1"] {
            #expect(try !model.accepts(name, members[2]))
        }
    }

    private func words(of type: YangStatement) throws -> [String] {
        if type.argument == "stypes:admin_status" { return ["up", "down"] }
        let base = try Self.model.get().typedef(type.argument)?.all("type").first ?? type
        return base.argument == "enumeration" ? base.all("enum").map(\.argument) : []
    }

    private func bounds(of type: YangStatement) throws -> ClosedRange<Int> {
        let bounds = try #require(type.all("range").first).bounds
        let width = try #require(["uint8": 8, "uint16": 16, "uint32": 32][type.argument])
        #expect(bounds.upperBound < 1 << width)
        return bounds
    }
}
