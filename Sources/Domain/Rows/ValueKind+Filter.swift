extension ValueKind<ClosedRange<UInt16>> {
    /// A layer-4 port, or two with a dash between, the smaller first.
    static var portRange: Self {
        Self(
            form: .shape(typedef: "l4-port-range", allowed: "0 to 65535, or a range such as 1000-2000"),
            read: { text in
                let ends = text.parts(separatedBy: "-").map { UInt16(plainDecimal: $0) }
                guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last
                else { return nil }
                return first...last
            },
            write: { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" })
    }
}
