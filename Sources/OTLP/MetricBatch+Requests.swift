import SwiftProtobuf

/// How a batch is written.
struct RequestFormat: Sendable, Hashable {
    enum Encoding: Sendable, Hashable {
        case protobuf
        /// Protobuf's JSON with numbers for enumerations, as OTLP wants it.
        case json
    }

    var encoding = Encoding.protobuf
    var histograms = ExporterSettings.HistogramForm.explicit
}

extension MetricBatch {
    /// The serialized requests for this batch: one, or as many as it takes for each to have at
    /// most `limit` bytes. A single point is never cut.
    func requests(limit: Int, format: RequestFormat = RequestFormat()) throws -> [[UInt8]] {
        let request =
            switch format.encoding {
            case .protobuf: wireBytes(format.histograms)
            case .json: try jsonBytes(format.histograms)
            }
        guard request.count > limit, pointCount > 1 else { return [request] }
        let (first, rest) = split(after: pointCount / 2)
        return try first.requests(limit: limit, format: format) + rest.requests(limit: limit, format: format)
    }

    private func jsonBytes(_ histograms: ExporterSettings.HistogramForm) throws -> [UInt8] {
        var options = JSONEncodingOptions()
        options.alwaysPrintEnumsAsInts = true
        return try ExportRequest(self, histograms: histograms).jsonUTF8Bytes(options: options)
    }
}

extension MetricBatch {
    /// Receivers refuse requests of more than 4 MiB unless told otherwise.
    private static let largestRequest = 3_500_000

    /// Sends the batch's requests, one after the other, and adds up what the receiver says of them.
    func deliver(
        _ format: RequestFormat, _ send: ([UInt8]) async throws -> (ExportResponse, ResponseStatus)
    ) async throws -> ExportOutcome {
        var (refused, message, last) = (Int64(0), "", ResponseStatus?.none)
        for request in try requests(limit: Self.largestRequest, format: format) {
            let (response, status) = try await send(request)
            let partial = response.partialSuccess
            refused = min(refused, .max / 2) + min(max(partial.rejectedDataPoints, 0), .max / 2)
            if message.isEmpty { message = partial.errorMessage }
            last = status
        }
        return .success(rejected: refused, message: message, status: last)
    }
}
