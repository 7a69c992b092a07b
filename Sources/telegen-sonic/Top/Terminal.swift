import Dispatch
import Glibc
import Synchronization

/// The terminal that a live screen is drawn on: its keys come at once, and it is as before when the screen ends.
final class Terminal: Sendable {
    private let earlier: Mutex<termios>

    /// Nil: input or output is no terminal.
    init?() {
        var settings = termios()
        guard isatty(STDOUT_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        earlier = Mutex(settings)
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        // Another screen, without a cursor.
        write("\u{1B}[?1049h\u{1B}[?25l", to: STDOUT_FILENO)
    }

    func restore() {
        write("\u{1B}[?25h\u{1B}[?1049l", to: STDOUT_FILENO)
        var settings = earlier.withLock(\.self)
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }

    /// Columns and lines; of a terminal that does not say the usual ones.
    static var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    func draw(_ lines: [String]) {
        let text = lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
        write("\u{1B}[H" + text + "\u{1B}[J", to: STDOUT_FILENO)
    }

    /// What is pressed; ends with the input.
    static var keys: AsyncStream<TopModel.Key> {
        let (keys, continuation) = AsyncStream<TopModel.Key>.makeStream(bufferingPolicy: .bufferingNewest(64))
        DispatchQueue(label: "telegen.keys").async {
            var bytes = [UInt8](repeating: 0, count: 64)
            while true {
                let count = read(STDIN_FILENO, &bytes, bytes.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return continuation.finish() }
                for key in parse(bytes[..<count]) { continuation.yield(key) }
            }
        }
        return keys
    }

    /// Of what one read brought: a sequence of a key comes whole.
    static func parse(_ bytes: ArraySlice<UInt8>) -> [TopModel.Key] {
        var keys: [TopModel.Key] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case 0x1B where rest.first == UInt8(ascii: "[") || rest.first == UInt8(ascii: "O"):
                rest.removeFirst()
                let final = rest.firstIndex { (0x40...0x7E).contains($0) } ?? rest.endIndex
                if final < rest.endIndex, let key = arrow(rest[final]) { keys.append(key) }
                rest = final < rest.endIndex ? rest[rest.index(after: final)...] : []
            case 0x1B: keys.append(.escape)
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"): keys.append(.enter)
            case 0..<0x80: keys.append(.character(Character(Unicode.Scalar(byte))))
            default: break
            }
        }
        return keys
    }

    private static func arrow(_ byte: UInt8) -> TopModel.Key? {
        switch byte {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        default: nil
        }
    }
}
