import CHiredis

/// Makes hiredis refuse lists with too many elements or levels, for which it would allocate on the server's word alone
/// (or, in later versions, recurse without end). Must live as long as the reader.
final class ReplyLimits {
    static let maximumElements = 1 << 20
    static let maximumDepth = 8

    private let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)

    init(on reader: UnsafeMutablePointer<redisReader>) {
        functions.initialize(to: reader.pointee.fn.pointee)
        functions.pointee.createArray = { task, count in
            guard let task, count <= ReplyLimits.maximumElements,
                ReplyLimits.depth(of: task) < ReplyLimits.maximumDepth,
                let original = task.pointee.privdata?.assumingMemoryBound(to: redisReplyObjectFunctions.self)
            else { return nil }
            return original.pointee.createArray(task, count)
        }
        // Hands the original functions to the closure, which as a C function cannot capture them.
        reader.pointee.privdata = UnsafeMutableRawPointer(reader.pointee.fn)
        reader.pointee.fn = functions
    }

    deinit { functions.deallocate() }

    private static func depth(of task: UnsafePointer<redisReadTask>) -> Int {
        var depth = 0
        var parent = task.pointee.parent
        while let task = parent, depth < maximumDepth {
            depth += 1
            parent = task.pointee.parent
        }
        return depth
    }
}
