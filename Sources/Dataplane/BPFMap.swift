import CLibbpf
import Glibc

/// A pinned array map. Keys are the indices 0..<entries.
final class BPFMap {
    let descriptor: FileDescriptor
    let name: String
    let valueSize: Int
    let entries: Int
    /// It was not pinned, and has been made.
    let isNew: Bool
    /// The pin as an error names it.
    private let shownPath: String
    private var pin = Pin()

    /// Opens the pin, or makes the map and pins it. A pin whose map has another shape is an error, never replaced.
    init(
        pinnedAt path: String, shownAs shownPath: String? = nil, _ type: bpf_map_type, _ name: String, valueSize: Int,
        entries: Int
    ) throws(KernelError) {
        self.name = name
        self.valueSize = valueSize
        let shownPath = shownPath ?? path
        self.shownPath = shownPath
        let pinned = bpf_obj_get(path)
        isNew = pinned < 0
        guard pinned < 0 else {
            descriptor = FileDescriptor(owning: pinned)
            self.entries = try Self.entries(of: pinned, type, valueSize: valueSize, shownPath)
            pin = Pin(at: path)
            return
        }
        guard errno == ENOENT else { throw KernelError("open pin \(shownPath)") }
        descriptor = try Self.make(type, name, valueSize: valueSize, entries: entries)
        self.entries = entries
        try pin.put(descriptor.raw, at: path, "pin map \(name) at \(shownPath)")
    }

    /// What is pinned as `kind` in the folder, or a new map there.
    convenience init(_ kind: PinnedMap, in pins: PinFolder, entries: Int) throws(KernelError) {
        try self.init(
            pinnedAt: pins.pin(kind.name), shownAs: pins.shown(kind.name), kind.type, kind.name,
            valueSize: kind.valueSize, entries: entries)
    }

    /// Makes a map that is not pinned yet.
    init(making type: bpf_map_type, _ name: String, valueSize: Int, entries: Int) throws(KernelError) {
        (self.name, self.valueSize, self.entries, isNew, shownPath) = (name, valueSize, entries, true, name)
        descriptor = try Self.make(type, name, valueSize: valueSize, entries: entries)
    }

    private static func make(
        _ type: bpf_map_type, _ name: String, valueSize: Int, entries: Int
    ) throws(KernelError) -> FileDescriptor {
        FileDescriptor(
            owning: try check(
                bpf_map_create(type, name, 4, UInt32(valueSize), UInt32(entries), nil), "make map \(name)"))
    }

    /// Pins the map again when somebody has removed its pin, or put something else there; false when it is there.
    func restorePin(at path: String) throws(KernelError) -> Bool {
        guard !pin.stands(at: path) else { return false }
        try pin.put(descriptor.raw, at: path, "pin map \(name) at \(shownPath)")
        return true
    }

    static func entries(
        of map: Int32, _ type: bpf_map_type, valueSize: Int, _ path: String
    ) throws(KernelError) -> Int {
        var info = bpf_map_info()
        var size = UInt32(MemoryLayout<bpf_map_info>.size)
        try check(bpf_obj_get_info_by_fd(map, &info, &size), "look at pin \(path)")
        guard info.type == type.rawValue, info.key_size == 4, info.value_size == valueSize else {
            throw KernelError(
                "use pin \(path)", code: EINVAL,
                detail: "it holds a map of another version: stop that version with `run --detach-on-exit`, or remove "
                    + "the pin folder when no agent runs; its counts begin at zero then")
        }
        return Int(info.max_entries)
    }

    func update(_ index: Int, from value: UnsafeRawPointer) throws(KernelError) {
        var key = UInt32(index)
        try check(bpf_map_update_elem(descriptor.raw, &key, value, 0), "write map \(name)")
    }

    /// The values of the first entries, `stride` bytes each (on a per-CPU map: all CPUs' one after another).
    func read(count: Int, stride: Int) throws(KernelError) -> [UInt8] {
        var values = [UInt8](repeating: 0, count: count * stride)
        try read(0..<count, into: &values)
        return values
    }

    /// The values of some entries, which fill the array.
    func read<Element: BitwiseCopyable>(_ range: Range<Int>, into values: inout [Element]) throws(KernelError) {
        guard !range.isEmpty else { return }
        if values.withUnsafeMutableBytes({ readBatch(range, into: $0) }) { return }
        let stride = values.count * MemoryLayout<Element>.stride / range.count
        for (index, key) in range.enumerated() {
            var key = UInt32(key)
            let status = values.withUnsafeMutableBytes {
                bpf_map_lookup_elem(descriptor.raw, &key, $0.baseAddress! + index * stride)
            }
            try check(status, "read map \(name)")
        }
    }

    /// False where the kernel does not do it: per-CPU arrays know batches from Linux 5.13 on.
    private func readBatch(_ range: Range<Int>, into values: UnsafeMutableRawBufferPointer) -> Bool {
        guard range.count > 1 else { return false }
        var keys = [UInt32](repeating: 0, count: range.count)
        var read = UInt32(range.count)
        // A batch begins behind a key, and the first one behind none.
        var (before, last) = (UInt32(truncatingIfNeeded: range.lowerBound - 1), UInt32(0))
        let status = withUnsafeMutablePointer(to: &before) { before in
            bpf_map_lookup_batch(
                descriptor.raw, range.lowerBound > 0 ? before : nil, &last, &keys, values.baseAddress, &read, nil)
        }
        // The end of the map is ENOENT, with a count all the same.
        return (status == 0 || status == -ENOENT) && read == range.count
    }
}
