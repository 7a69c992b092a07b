import CZlib

/// RFC 1952.
enum Gzip {
    struct Failure: Error {
        let code: Int32
    }

    /// As fast as can be: names repeat themselves so much that more thoroughness gains little.
    static func compress(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        let opened = czlib_begin_gzip(&stream, Z_BEST_SPEED)
        guard opened == Z_OK else { throw Failure(code: opened) }
        defer { deflateEnd(&stream) }
        var bytes = bytes
        let size = Int(deflateBound(&stream, UInt(bytes.count)))
        let result = bytes.withUnsafeMutableBufferPointer { input in
            var status: Int32 = Z_OK
            let output = [UInt8](unsafeUninitializedCapacity: size) { output, count in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                status = deflate(&stream, Z_FINISH)
                count = output.count - Int(stream.avail_out)
            }
            return (output: output, status: status)
        }
        guard result.status == Z_STREAM_END else { throw Failure(code: result.status) }
        return result.output
    }
}
