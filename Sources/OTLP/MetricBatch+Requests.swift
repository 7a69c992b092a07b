import SwiftProtobuf

extension MetricBatch {
    /// The serialized requests for this batch: one, or as many as it takes for each to have at
    /// most `limit` bytes. A single point is never cut.
    func requests(limit: Int) throws -> [[UInt8]] {
        let request: [UInt8] = try ExportRequest(self).serializedBytes()
        guard request.count > limit, pointCount > 1 else { return [request] }
        let (first, rest) = split(after: pointCount / 2)
        return try first.requests(limit: limit) + rest.requests(limit: limit)
    }
}
