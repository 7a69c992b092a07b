import CLinux

/// What the C library keeps of memory that is free: others on the switch need it more.
enum Heap {
    /// An arena for each thread would keep what the others cannot use (mallopt(3)).
    static func prepare() { mallopt(M_ARENA_MAX, 2) }

    static func giveBack() { malloc_trim(0) }
}
