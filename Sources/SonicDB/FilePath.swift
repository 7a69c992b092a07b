/// Paths as text.
enum FilePath {
    /// `name` as seen from the folder that `file` is in; an absolute one as it is.
    static func sibling(_ name: String, of file: String) -> String {
        guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return name }
        return file[...slash] + name
    }
}
