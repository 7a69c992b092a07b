/// A short mark of a text, the same everywhere and always (FNV-1a of 32 bits, RFC 9923). No secret is safe behind it.
public enum FNV1a {
    /// Eight hexadecimal digits.
    public static func digits(_ text: String) -> String {
        let hash = text.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
