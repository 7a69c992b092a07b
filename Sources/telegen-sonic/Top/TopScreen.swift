import HTTPAPI

/// A screen of `top` as lines of text.
struct TopScreen {
    let model: TopModel
    let width: Int
    let height: Int
    /// How the terminal is told about colours; plain: not at all.
    var style = Style.plain
    /// Block elements for bars; else ASCII.
    var hasBlocks = true
    /// A selected line and keys; a file has none.
    var isLive = true

    enum Style { case plain, colours }

    /// As many as the height at most, none longer than the width.
    var lines: [String] {
        var head = [title] + (model.agent == nil ? [] : [summary])
        head += model.problem.map { [paint(clip("! \($0)"), .red)] } ?? []
        if model.isPaused { head.append(paint(clip("paused: p goes on"), .yellow)) }
        head.append("")
        let foot = isLive ? ["", clip(keys)] : []
        let space = max(0, height - head.count - foot.count)
        let body = model.showsResults ? details.prefix(space).map { $0 } : table(space)
        let filler = isLive ? Array(repeating: "", count: max(0, space - body.count)) : []
        return Array((head + body + filler + foot).prefix(height))
    }

    private var title: String {
        let name = "telegen-sonic top"
        guard let agent = model.agent else { return bold(clip(name + "  asking …")) }
        guard let version = agent["version"] else {
            return bold(clip(name + "  no agent has written into this database yet"))
        }
        let (heartbeat, otlp) = (agent["heartbeat"] ?? "?", agent["otlp_status"] ?? "?")
        let text = clip("\(name)  agent \(version), heartbeat \(heartbeat), otlp \(otlp)")
        return otlp == "failing" ? paint(text, .red) : bold(text)
    }

    private var summary: String {
        let states = Dictionary(grouping: model.jobs, by: \.status).mapValues(\.count).sorted { $0.key < $1.key }
        let pps = model.jobs.reduce(Int64(0)) { $0 &+ $1.pps }
        let bps = model.jobs.reduce(Int64(0)) { $0 &+ $1.bps }
        let count = model.jobs.count == 1 ? "1 job" : "\(model.jobs.count) jobs"
        let list = states.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return clip("\(count)\(list.isEmpty ? "" : " (\(list))"), \(Self.short(pps))pkt/s, \(Self.short(bps))b/s")
    }

    private var keys: String {
        let arrows = hasBlocks ? "↑↓" : "j k"
        return model.showsResults
            ? "Esc back   \(arrows) other job   p pause   q quit"
            : "\(arrows) select   Enter results   s order: \(model.order.text)   p pause   q quit"
    }

    private func table(_ space: Int) -> [String] {
        guard space > 1, model.agent != nil else { return [] }
        guard !model.jobs.isEmpty else { return [clip("no jobs: `telegen-sonic start PORT` starts one")] }
        let header = ["job", "port", "direction", "status", "pkt/s", "b/s", "packets"]
        let rows = visible(space - 1).map { job in
            [
                job.name, job.port, job.direction, job.status, Self.short(job.pps), Self.short(job.bps),
                grouped(job.packets),
            ]
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            zip(cells, widths).enumerated().map { index, cell in
                let pad = String(repeating: " ", count: cell.1 - cell.0.count)
                return index < 4 ? cell.0 + pad : pad + cell.0
            }.joined(separator: "  ")
        }
        let room = max(0, min(TopModel.historyLength, width - widths.reduce(2 * widths.count, +) - 2))
        let text = zip(visible(space - 1), rows).map { job, cells in
            let bars = room < 4 ? "" : "  " + spark(job.name, room)
            let isSelected = isLive && job.name == model.selected
            return paint(clip((isLive ? (isSelected ? "> " : "  ") : "") + line(cells) + bars), colour(of: job.status))
        }
        return [bold(clip((isLive ? "  " : "") + line(header)))] + text
    }

    /// The jobs that fit, with the selected one among them.
    private func visible(_ space: Int) -> ArraySlice<TopModel.Job> {
        let selected = model.jobs.firstIndex { $0.name == model.selected } ?? 0
        let first = isLive ? max(0, min(selected - space / 2, model.jobs.count - space)) : 0
        return model.jobs.dropFirst(first).prefix(space)
    }

    /// The job's packets per second of the last moments, relative to their largest.
    private func spark(_ job: String, _ room: Int) -> String {
        let values = model.history[job]?.suffix(room) ?? []
        let most = max(1, values.max() ?? 1)
        let levels = Array(hasBlocks ? " ▁▂▃▄▅▆▇█" : " .:-=+*%#")
        let top = Double(levels.count - 2)
        return String(values.map { $0 <= 0 ? levels[0] : levels[1 + Int(Double($0) / Double(most) * top)] })
    }

    private var details: [String] {
        guard let job = model.jobs.first(where: { $0.name == model.selected }) else {
            return [clip("no such job any more")]
        }
        var lines = [
            bold(clip("\(job.name)  \(job.status) on \(job.port), \(job.direction)")),
            clip(
                "\(grouped(job.packets)) packets, \(grouped(job.bytes)) bytes"
                    + "  \(Self.short(job.pps))pkt/s  \(Self.short(job.bps))b/s"),
        ]
        if !job.reason.isEmpty { lines.append(paint(clip(job.reason), colour(of: job.status))) }
        guard let results = model.results else { return lines + ["", clip("asking for its results …")] }
        if case .object(let directions)? = results["sizes"] {
            for (direction, sizes) in directions.sorted(by: { $0.key < $1.key }) {
                lines += ["", bold(clip(direction.printable))] + bars(sizes)
            }
        }
        let flows = results.array("top_flows")
        if !flows.isEmpty { lines += ["", bold("top flows")] }
        return lines
            + flows.map { flow in
                clip("\(grouped(flow.number("pkts"))) packets  \(flow.text("five_tuple").printable)")
            }
    }

    /// Packets of all classes by size.
    private func bars(_ sizes: JSON) -> [String] {
        let classes = ["ipv4", "ipv6", "icmp6", "other"]
        let totals = classes.map { "\($0) \(grouped(sizes[$0]?.number("packets") ?? 0))" }
        let bounds = sizes.array("bounds").map { "<= \($0.plain)" } + ["more"]
        let counts = bounds.indices.map { index in
            classes.reduce(Int64(0)) { sum, name in
                let counts = sizes[name]?.array("counts") ?? []
                return sum &+ (index < counts.count ? Int64(counts[index].plain) ?? 0 : 0)
            }
        }
        let (most, room) = (max(1, counts.max() ?? 1), max(4, min(50, width - 34)))
        let rows = zip(bounds, counts).filter { $0.1 > 0 }.map { bound, count in
            let bar = String(
                repeating: hasBlocks ? "█" : "#", count: max(1, Int(Double(count) / Double(most) * Double(room))))
            return clip(bound.padded(10) + grouped(count).padded(20) + bar)
        }
        return [clip(totals.joined(separator: "   "))] + rows
    }

    private static func short(_ number: Int64) -> String { Figures.short(number, "") }

    private func grouped(_ number: Int64) -> String {
        let text = Figures.grouped(number)
        return hasBlocks ? text : text.replacing("\u{202F}", with: ",")
    }

    private func clip(_ text: String) -> String {
        guard text.columns > width else { return text }
        var (kept, columns) = ("", 0)
        for character in text {
            columns += character.columns
            guard columns < width else { break }
            kept.append(character)
        }
        return width > 0 ? kept + "~" : ""
    }

    private enum Colour: String {
        case none = ""
        case red = "31"
        case green = "32"
        case yellow = "33"
        case dim = "2"
    }

    private func colour(of status: String) -> Colour {
        switch status {
        case "running": .green
        case "failed", "rejected": .red
        case "starting", "waiting", "degraded": .yellow
        default: .dim
        }
    }

    private func paint(_ text: String, _ colour: Colour) -> String {
        style == .plain || colour == .none ? text : "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }

    private func bold(_ text: String) -> String { style == .plain ? text : "\u{1B}[1m\(text)\u{1B}[0m" }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
