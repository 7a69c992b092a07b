/// What one job has measured: sizes by class, and the largest flows.
struct PageDetails {
    /// What `GET …/results` answers.
    let results: JSON

    var html: HTML {
        let errors = results["errors"] ?? .null
        return """
            <section><h2>\(results.text("job_id"))</h2>
            <p>\(results.grouped("packets_total")) packets, \(results.grouped("bytes_total")) bytes \
            in \(results.grouped("window_sec")) s; malformed \(errors.grouped("parse_errors")), \
            left out by the filter \(errors.grouped("filtered")).</p>
            \(sizes)\(flows)</section>
            """
    }

    private var sizes: HTML {
        guard case .object(let directions)? = results["sizes"] else { return "" }
        return HTML(directions.sorted { $0.key < $1.key }.map { Self.sizes($0.key, $0.value) })
    }

    private static let classes = ["ipv4", "ipv6", "icmp6", "other"]

    private static func sizes(_ direction: String, _ table: JSON) -> HTML {
        let columns = classes.map { (table[$0] ?? .null).array("counts").map(\.whole) }
        let bounds = table.array("bounds").map { "≤ \($0.plain)" } + ["more"]
        let sums = bounds.indices.map { bucket in columns.reduce(0) { $0 + ($1.count > bucket ? $1[bucket] : 0) } }
        let most = max(1, sums.max() ?? 1)
        let rows = bounds.indices.filter { sums[$0] > 0 }.map { bucket -> HTML in
            let cells = columns.map { column -> HTML in
                "<td class=\"number\">\(Figures.grouped(column.count > bucket ? column[bucket] : 0))</td>"
            }
            let share = Double(sums[bucket]) / Double(most)
            return "<tr><th>\(bounds[bucket])</th>\(HTML(cells))<td>\(bar(share))</td></tr>"
        }
        let heads = classes.map { name -> HTML in "<th>\(name)</th>" }
        return """
            <h3>Packets by size, \(direction)</h3>
            <table class="sizes"><thead><tr><th>Bytes</th>\(HTML(heads))<th></th></tr></thead>
            <tbody>\(HTML(rows))</tbody></table>
            """
    }

    private static func bar(_ share: Double) -> HTML {
        let width = String((share * 1000).rounded() / 10)
        return "<svg class=\"bar\" aria-hidden=\"true\"><rect width=\"\(width)%\" height=\"100%\"/></svg>"
    }

    private var flows: HTML {
        let flows = results.array("top_flows")
        guard !flows.isEmpty else { return "" }
        let rows = flows.map { flow -> HTML in
            """
            <tr><td data-name="Flow"><code>\(flow.text("five_tuple"))</code></td>\
            <td data-name="Direction">\(flow.text("direction"))</td>\
            <td data-name="Packets" class="number">\(flow.grouped("pkts"))</td>\
            <td data-name="Bytes" class="number">\(flow.grouped("bytes"))</td></tr>
            """
        }
        return """
            <h3>Largest flows</h3>
            <table><thead><tr><th>Flow</th><th>Direction</th><th>Packets</th><th>Bytes</th></tr></thead>
            <tbody>\(HTML(rows))</tbody></table>
            """
    }
}
