import ArgumentParser

struct Completions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a script that completes commands, options, ports and jobs in a shell.",
        discussion: """
            bash: telegen-sonic completions bash > /etc/bash_completion.d/telegen-sonic
            zsh: telegen-sonic completions zsh > "${fpath[1]}/_telegen-sonic"
            fish: telegen-sonic completions fish > ~/.config/fish/completions/telegen-sonic.fish
            """)

    @Argument(help: "bash, zsh or fish.")
    var shell: String

    func run() throws {
        guard let shell = CompletionShell(rawValue: shell) else {
            throw ValidationError("\(shell): must be bash, zsh or fish")
        }
        print(TelegenSonic.completionScript(for: shell))
    }
}

extension CompletionKind {
    /// Names of this machine's network devices (sysfs).
    static var port: CompletionKind { .shellCommand("ls /sys/class/net 2>/dev/null") }

    /// Names of the jobs that STATE_DB, or the agent at TELEGEN_URL, tells of.
    static var job: CompletionKind { .shellCommand("telegen-sonic status --names 2>/dev/null") }
}
