import CLinux
@preconcurrency import Dispatch
import Glibc

/// Tells that devices have come, gone or changed (RTMGRP_LINK). What changed is not told: look anew.
public final class LinkMonitor: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "telegen.links")
    /// One element stands for any number of changes since the last one was taken.
    public let changes: AsyncStream<Void>

    /// Listens in the network namespace of the calling thread.
    public init() throws(KernelError) {
        let socket = try NetlinkSocket(groups: UInt32(RTMGRP_LINK))
        descriptor = try FileDescriptor(duplicating: socket.descriptor.raw).release()
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        changes = stream
        let descriptor = descriptor
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 65536)
            // ENOBUFS, events lost, is a change too; the look that follows sees everything.
            while recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)) > 0 || errno == ENOBUFS {}
            continuation.yield()
        }
        source.setCancelHandler { close(descriptor) }
        continuation.onTermination = { _ in source.cancel() }
        source.resume()
    }
}
