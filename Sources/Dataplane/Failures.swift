/// For work of many parts, of which none keeps the others from being done: the first error is thrown at the end.
struct Failures {
    private var first: KernelError?

    mutating func note(_ part: () throws(KernelError) -> Void) {
        do { try part() } catch { first = first ?? error }
    }

    func throwFirst() throws(KernelError) {
        if let first { throw first }
    }
}
