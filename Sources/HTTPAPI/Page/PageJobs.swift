/// The table of jobs.
struct PageJobs {
    /// What `GET /jobs` answers.
    let jobs: [JSON]
    /// Whether there are buttons.
    let mayAct: Bool

    var html: HTML {
        guard !jobs.isEmpty else { return "<p>No jobs: nothing is being counted.</p>" }
        let names = ["Job", "State", "Port", "Direction", "Packets/s", "Bits/s", "Packets", "Bytes"]
        let heads = names.map { name -> HTML in "<th>\(name)</th>" }
        return """
            <table id="jobs"><thead><tr>\(HTML(heads))<th></th></tr></thead>
            <tbody>\(HTML(jobs.map(row)))</tbody></table>
            """
    }

    private func row(_ job: JSON) -> HTML {
        let (name, status) = (job.text("job_id"), job.text("status"))
        let cells: [HTML] = [
            "<td data-name=\"Job\"><a href=\"/?job=\(name)\">\(name)</a></td>",
            "<td data-name=\"State\"><b class=\"state \(status)\">\(status)</b></td>",
            "<td data-name=\"Port\">\(job.text("port"))\(mode(job))</td>",
            "<td data-name=\"Direction\">\(job.text("direction"))</td>",
            "<td data-name=\"Packets/s\" class=\"number\" data-rate=\"\(job.text("pps"))\">\(job.short("pps", ""))</td>",
            "<td data-name=\"Bits/s\" class=\"number\">\(job.short("bps", "b"))</td>",
            "<td data-name=\"Packets\" class=\"number\">\(job.grouped("packets"))</td>",
            "<td data-name=\"Bytes\" class=\"number\">\(job.grouped("bytes"))</td>",
        ]
        return "<tr data-job=\"\(name)\">\(HTML(cells))<td>\(buttons(job))</td></tr>\(remarks(job))"
    }

    /// How it is counted, when that is not at the port, and how much of it.
    private func mode(_ job: JSON) -> HTML {
        let mode = job.text("mode")
        let rate = job.number("sample_rate")
        let words = (["", "port"].contains(mode) ? [] : [mode]) + (rate > 1 ? ["1 in \(rate)"] : [])
        return words.isEmpty ? "" : " <small>\(words.joined(separator: ", "))</small>"
    }

    private func buttons(_ job: JSON) -> HTML {
        guard mayAct else { return "" }
        let name = job.text("job_id")
        let hasEnded = ["disabled", "expired"].contains(job.text("status"))
        return hasEnded
            ? "<button data-remove=\"\(name)\" disabled>Remove</button>"
            : "<button data-stop=\"\(name)\" disabled>Stop</button>"
    }

    private func remarks(_ job: JSON) -> HTML {
        let reason = job.text("reason")
        let remarks = (reason.isEmpty ? [] : [reason]) + job.array("warnings").map { "Warning: \($0.plain)" }
        return HTML(remarks.map { "<tr class=\"remark\"><td colspan=\"9\">\($0)</td></tr>" })
    }
}
