import Testing

@testable import telegen_sonic

@Suite("What is printed of others' text")
struct PrintableTests {
    @Test("has nothing that a terminal would obey")
    func controls() {
        #expect("a\u{1B}]0;x\u{7}b\r\n\u{9B}2J\u{202E}".printable == "a?]0;x?b???2J?")
        #expect("a\n\u{1B}[2Jb\n".printableLines == "a\n?[2Jb\n")
        #expect("漢字 é ↑█".printable == "漢字 é ↑█")
    }

    @Test("takes two columns for each wide character")
    func columns() {
        #expect("".columns == 0 && "abé".columns == 3 && "漢字".columns == 4 && "😀!".columns == 3)
    }
}
