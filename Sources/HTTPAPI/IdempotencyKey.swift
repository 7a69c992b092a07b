import Domain

/// What a client calls one request, so that it can be sent again when the answer was lost (the header `Idempotency-Key`).
///
/// It is remembered by the job's name, which follows from it: that outlives the agent, and needs no memory.
public struct IdempotencyKey: Hashable, Sendable {
    private let text: String

    /// Nil for what is empty, longer than 255 bytes or not printable ASCII.
    init?(_ text: String) {
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) else {
            return nil
        }
        self.text = text
    }

    /// A UUID (RFC 9562, version 8) of two hashes.
    var jobName: JobName {
        let hashes = [0xcbf2_9ce4_8422_2325, 0x6c62_272e_07bb_0142].map { start in
            text.utf8.reduce(start as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        }
        return JobName(uuid: hashes[0] & ~0xf000 | 0x8000, hashes[1] & ~(3 << 62) | 2 << 62)
    }
}
