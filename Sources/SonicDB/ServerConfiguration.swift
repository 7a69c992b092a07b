/// The `redis.conf` of a private server: SONiC's settings where clients can tell, and a bound on what a subscriber that
/// does not read may cost. Rows are written to disk when the agent asks for it.
struct ServerConfiguration {
    let folder: ServerFolder

    var text: String {
        """
        # Written by telegen-sonic at each start of its private server.
        port 0
        unixsocket \(Self.quoted(folder.socket))
        unixsocketperm 700
        daemonize yes
        pidfile \(Self.quoted(folder.pidFile))
        logfile \(Self.quoted(folder.logFile))
        dir \(Self.quoted(folder.path))
        dbfilename dump.rdb
        save ""
        appendonly no
        databases 16
        notify-keyspace-events AKE
        client-output-buffer-limit pubsub 32mb 8mb 60

        """
    }

    static func quoted(_ path: String) -> String {
        var text = "\""
        for character in path.unicodeScalars {
            if character == "\"" || character == "\\" { text += "\\" }
            text.unicodeScalars.append(character)
        }
        return text + "\""
    }
}
